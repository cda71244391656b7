"""Loops for policies: found at hand, on disk, or compiled.

Steps and measures of Hedgerow itself compile into a file in the user's cache directory, under
a name that carries a hash of its text and of every source file that a kernel comes from: numba's
own cache does not see changes in callees.  Steps of the user's own are compiled in memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from hedgerow.core.lanes.reading import functions_called
from hedgerow.core.lanes.writer import SHARED, Layout, Own, write
from hedgerow.core.policy import Policy

HEADER = '''"""Written by hedgerow.core.lanes.writer; safe to delete."""
import numpy as np
from numba import njit

from hedgerow.core.book import Bar, Book, Order, View
from hedgerow.core.book import place as place_, settle as settle_
from hedgerow.core.lanes.overloads import callee
'''

_shapes: dict[Any, tuple[Layout, Any]] = {}
_loops: dict[tuple[str, tuple[type, ...]], Any] = {}


def loop_of(
    policy: Policy,
    params: Sequence[Any],
    varied: Sequence[set[str]],
    measures: Sequence[Any],
    own: Own = SHARED,
) -> tuple[Layout, Any]:
    """Write and compile a loop, or find the one of the last policy of this shape."""
    shape = (
        policy.wiring,
        len(policy.signals),
        tuple(
            (type(step), frozenset(fields), getattr(step, "idle", None))
            for step, fields in zip(policy.steps, varied, strict=True)
        ),
        tuple(value for p in params for value in p if isinstance(value, bool)),
        tuple(type(measure) for measure in measures),
        own,
    )
    if shape not in _shapes:
        layout = write(policy, params, varied, measures, own)
        _shapes[shape] = layout, _loop_for(layout, policy.steps, measures)
    return _shapes[shape]


def _loop_for(layout: Layout, steps: Sequence[Any], measures: Sequence[Any]) -> Any:
    """Return the compiled loop for a layout, from memory, disk, or the compiler."""
    owners = (*steps, *measures)
    at_hand = (layout.source, tuple(type(owner) for owner in owners))
    if at_hand not in _loops:
        reached = set().union(*(functions_called(owner.kernel) for owner in owners))
        _teach(reached)
        ours = all(_is_ours(thing) for thing in (*at_hand[1], *reached))
        folder = _folder() if ours else None
        _loops[at_hand] = (
            _in_memory(layout.source, steps, measures)
            if folder is None
            else _on_disk(folder, layout.source, steps, measures, reached)
        )
    return _loops[at_hand]


def _is_ours(thing: Any) -> bool:
    return str(thing.__module__).startswith("hedgerow.")


_taught: set[FunctionType] = set()


def _teach(reached: set[FunctionType]) -> None:
    """Let the compiler see into the plain functions that kernels call."""
    from numba.extending import register_jitable

    from hedgerow.core import book, numeric

    for function in reached - _taught:
        if function.__module__ not in {book.__name__, numeric.__name__}:  # these have overloads
            register_jitable(function)
            _taught.add(function)


def _key(text: str, makers: Sequence[type], reached: set[FunctionType]) -> str:
    """Hash the whole module to be, with every file that its kernels come from."""
    import numba

    from hedgerow.core import book, numeric
    from hedgerow.core.lanes import overloads

    state = hashlib.sha256(f"{numba.__version__} {sys.version} {np.__version__}".encode())
    # steps of one module whose fields have the same names have the same text
    state.update(" ".join(maker.__qualname__ for maker in makers).encode())
    state.update(text.encode())
    names = {thing.__module__ for thing in (*makers, *reached)}
    names |= {book.__name__, numeric.__name__, overloads.__name__}
    for name in sorted(names):
        path = getattr(sys.modules[name], "__file__", None)
        state.update(name.encode() + (Path(path).read_bytes() if path else b""))
    return state.hexdigest()[:24]


def _folder() -> Path | None:
    """Return the cache directory, or None where there is none that is ours alone to write.

    What lies there is imported, so a folder that others may write to is not used.
    """
    root = os.environ.get("HEDGEROW_CACHE") or os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(root) if root else Path.home() / ".cache"
        folder = base / "hedgerow" / "lanes"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = folder.stat()
        if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
            return None
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # no home, or nothing to be written there
        return None


def _text(source: str, cache: bool) -> str:
    keep = "cache=True, " if cache else ""
    return f'{HEADER}compiled = njit({keep}error_model="numpy", nogil=True)\n{source}'


def _in_memory(source: str, steps: Sequence[Any], measures: Sequence[Any]) -> Any:
    scope: dict[str, Any] = {"steps": tuple(steps), "measures": tuple(measures)}
    exec(compile(_text(source, cache=False), "<hedgerow lanes>", "exec"), scope)
    return scope["run"]


def _on_disk(
    folder: Path,
    source: str,
    steps: Sequence[Any],
    measures: Sequence[Any],
    reached: set[FunctionType],
) -> Any:
    """Write the module (by rename, so that two processes cannot meet), then import it.

    A file that is there already is used only if it holds this very text.
    """
    text = _text(source, cache=True)
    makers = [type(owner) for owner in (*steps, *measures)]
    path = folder / f"lanes_{_key(text, makers, reached)}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        handle, draft = tempfile.mkstemp(dir=folder, suffix=".draft")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    name = f"_hedgerow_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    # the names that the written source reads from its own module
    module.steps, module.measures = tuple(steps), tuple(measures)  # type: ignore[attr-defined]
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.run
