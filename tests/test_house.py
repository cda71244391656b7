"""The house keeps its own rules: floors, sizes, names, and a public face that resolves."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow import policies
from hedgerow.core.action import ACTIONS
from hedgerow.core.step import SIGNALS, STEPS
from hedgerow.instruments.catalog import SLEEVES

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "hedgerow"
FILES = sorted(SOURCE.rglob("*.py"))
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

LONGEST = 450
FORBIDDEN = re.compile(r"util|helper|misc|common", re.I)


# ---- the public face ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", hr.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(hr, name) is not None
    assert name in dir(hr)


def test_the_public_names_agree_wherever_they_stand() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for line in node.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert typed | {"__version__"} == set(hr.__all__)
    assert set(hr._HOME) | set(hr._MODULES) | {"__version__"} == set(hr.__all__)
    assert sorted(hr.__all__, key=lambda name: (name == name.lower(), name)) == list(hr.__all__)


def test_every_registered_class_has_a_public_name() -> None:
    ours = [cls for known in (STEPS, SIGNALS, ACTIONS) for cls in known.values()]
    for cls in (cls for cls in ours if cls.__module__.startswith("hedgerow.")):
        name = cls.__name__
        assert name in policies.__all__, f"add '{name}' to src/hedgerow/policies/__init__.py"
        assert name in hr.__all__, f"add '{name}' to src/hedgerow/__init__.py, three times"
    for sleeve in SLEEVES.values():
        name = sleeve.__name__
        assert name in hr.__all__, f"add '{name}' to src/hedgerow/__init__.py, three times"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Polciy'"):
        _ = hr.Polciy


def test_importing_hedgerow_imports_nothing_heavy() -> None:
    code = (
        "import sys, hedgerow; print(*sorted(n for n in sys.modules if n.startswith('hedgerow')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["hedgerow"]


def test_a_policy_file_can_be_read_right_after_the_import() -> None:
    text = '[[steps]]\\nkind = \\"constant\\"'
    code = f'import hedgerow as hr; print(hr.Policy.from_toml("{text}").steps[0].kind)'
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "constant\n"


def test_the_version_is_one() -> None:
    assert hr.__version__ == PROJECT["project"]["version"]


# ---- laws ---------------------------------------------------------------------------------------


def imported(file: Path) -> set[str]:
    """Names of hedgerow's modules that a file imports, for type checking only or not."""
    made = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            made.add(node.module)
            if node.module == "hedgerow":
                made |= {f"hedgerow.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            made |= {alias.name for alias in node.names}
    return made


def floors() -> set[str]:
    """Parts of the package that import-linter keeps on their floor."""
    (contract,) = PROJECT["tool"]["importlinter"]["contracts"]
    names = re.split(r"[|:]", "|".join(contract["layers"]))
    return {name.strip().removeprefix("hedgerow.") for name in names}


def test_every_package_has_a_floor_and_a_row_in_the_architecture() -> None:
    parts = {p.name for p in SOURCE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    parts |= {p.stem for p in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    assert parts == floors()
    picture = (ROOT / "docs" / "floors.svg").read_text(encoding="utf-8")
    for part in parts:
        shown = f"`{part}/`" if (SOURCE / part).is_dir() else f"`{part}.py`"
        assert shown in ARCHITECTURE, f"docs/architecture.md does not mention {shown}"
        assert f">{part}<" in picture, f"docs/floors.svg does not show {part}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_files_are_short_and_well_named(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert not FORBIDDEN.search(file.stem)


def test_the_core_does_no_io_and_knows_no_chance() -> None:
    forbidden = {"random", "time", "socket", "urllib", "requests", "pandas", "pathlib"}
    for file in (SOURCE / "core").rglob("*.py"):
        if "lanes" in file.parts:
            continue  # compiled lanes write their source to a cache
        roots = {name.split(".")[0] for name in imported(file)}
        assert not roots & forbidden, f"{file.name} imports {roots & forbidden}"
        assert not re.search(r"\.(now|today|open|read_text)\(", file.read_text(encoding="utf-8"))


def test_constraints_are_plain_versions() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.\-]+==[A-Za-z0-9_.\-]+", line)


def test_constraints_name_every_dependency() -> None:
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {plain(line.split("==")[0]) for line in text.splitlines() if "==" in line}
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    needed = {plain(re.split(r"[<>=\[ ]", name)[0]) for name in wanted}
    assert needed <= pinned
