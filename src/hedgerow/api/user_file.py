"""Files of a user's own: run, and looked through for what the look-ahead test can test."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from hedgerow.core.step import SIGNALS, STEPS
from hedgerow.errors import PolicyError, nearest
from hedgerow.policies.files import read
from hedgerow.research.foresight.form import RAISED, shown
from hedgerow.research.foresight.study import kind_of


def subjects(path: Path, name: str | None = None) -> dict[str, Any]:
    """Return what a file has to test, by name: signals, steps, policies, sleeves, functions.

    Parameters
    ----------
    path
        A policy file, or a Python file, **which is run**.
    name
        The one that is wanted; all by default.

    Raises
    ------
    PolicyError
        If the file cannot be read or run, which is told with its line, or there is nothing in it.
    """
    if path.suffix == ".toml":
        policy = read(path)
        found = {signal.name: signal for signal in policy.signals} | {policy.name: policy}
        return _wanted(found, found, path, name)
    space = vars(_run(path))
    return _wanted(dict(_tested(space)), space, path, name)


def left_out(path: Path, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a file that was run has besides and looks as if it wanted to be tested.

    Parameters
    ----------
    path
        The file.
    found
        What :func:`subjects` found in it.

    Returns
    -------
    tuple of str
        Functions of one argument, and classes that can be called or have a kernel, by name.
    """
    module = sys.modules.get(_module_of(path))
    if path.suffix == ".toml" or module is None:
        return ()
    tested = {id(one) for one in found.values()}
    kinds = {type(one) for one in _with_parts(found.values())}
    return tuple(
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and not name.startswith("_")
        and id(value) not in tested
        and (
            len(_needed(value)) == 1
            if inspect.isfunction(value)
            else inspect.isclass(value) and value not in kinds and _acts(value)
        )
    )


def _acts(cls: type) -> bool:
    return any(hasattr(cls, name) for name in ("kernel", "strip")) or "__call__" in vars(cls)


def _with_parts(found: Iterable[Any]) -> list[Any]:
    """Return objects, and of policies their signals and steps."""
    return [
        part
        for one in found
        for part in (one, *getattr(one, "signals", ()), *getattr(one, "steps", ()))
    ]


@contextmanager
def made_again(path: Path, key: str) -> Iterator[Any]:
    """Run a Python file once more, with what it imports from beside it, and return one object.

    Parameters
    ----------
    path
        The file.
    key
        As :func:`subjects` names it.
    """
    folder = path.resolve().parent
    beside = {
        name: module
        for name, module in sys.modules.items()
        if name != "__main__" and Path(getattr(module, "__file__", None) or "/").parent == folder
    }
    registers = [(register, dict(register)) for register in (SIGNALS, STEPS)]
    for name in beside:
        del sys.modules[name]
    try:
        with redirect_stdout(StringIO()):
            found = subjects(path)
        yield found[key] if key in found else subjects(path, key)[key]
    finally:
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").parent == folder:
                del sys.modules[name]
        sys.modules.update(beside)
        for register, kept in registers:
            register.clear()
            register.update(kept)


def _wanted(
    found: Mapping[str, Any], space: Mapping[str, Any], path: Path, name: str | None
) -> dict[str, Any]:
    if name is None:
        if not found:
            raise PolicyError(
                "there is nothing to test in it",
                where=str(path),
                mend="write a signal, step, policy or sleeve, or a function of a market, at the "
                "outermost level, and instances of classes that need arguments",
            )
        return dict(found)
    if name in found:
        return {name: found[name]}
    if name in space and kind_of(space[name]):
        return {name: space[name]}
    raise PolicyError(
        f"there is no '{name}' to test in it", where=str(path), mend=nearest(name, found)
    )


def _tested(space: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the objects of a module that can be tested, each once."""
    module = space["__name__"]
    seen: list[Any] = []
    classes = [v for v in space.values() if isinstance(v, type) and v.__module__ == module]
    for name, value in space.items():
        own = not inspect.isfunction(value) or (
            value.__module__ == module and _takes_a_market(value)
        )
        if name.startswith("_") or not kind_of(value) or not own:
            continue
        if not any(value is other for other in seen):
            seen.append(value)
            yield name, value
    held = _with_parts(seen)
    for cls in classes:
        if cls.__name__.startswith("_") or any(type(one) is cls for one in held):
            continue  # an instance is tested in its place
        try:
            made = cls()
        except RAISED:  # it needs arguments: nobody can guess them
            continue
        if kind_of(made):
            yield cls.__name__, made
    for policy in (one for one in seen if kind_of(one) == "policy"):
        for signal in policy.signals:
            if type(signal).__module__ == module and not any(signal is one for one in seen):
                seen.append(signal)
                yield signal.name, signal


def _takes_a_market(function: Any) -> bool:
    """Say whether a function takes one thing, which its name or its type calls a market."""
    needed = _needed(function)
    if len(needed) != 1:
        return False
    return needed[0].name == "market" or "Market" in str(needed[0].annotation)


def _needed(function: Any) -> list[inspect.Parameter]:
    """Return the parameters that a function cannot do without."""
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [each for each in parameters if each.default is each.empty and each.kind not in many]


def _module_of(path: Path) -> str:
    return f"looked_at_{path.stem}"


def _run(path: Path) -> ModuleType:
    """Run a Python file as a module of its own; what it prints goes to stderr."""
    if path.is_dir():
        raise PolicyError("this is a folder", where=str(path), mend="name the file inside it")
    if not path.is_file():
        raise PolicyError("there is no such file", where=str(path), mend="check the path")
    name = _module_of(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PolicyError(
            "this is neither Python nor a policy file",
            where=str(path),
            mend="name a .py or a .toml file",
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    with _beside(path.resolve().parent), redirect_stdout(sys.stderr):
        try:
            spec.loader.exec_module(module)
        except SyntaxError as error:
            raise PolicyError(
                f"this is no Python: {error.msg}",
                where=f"{error.filename}, line {error.lineno}",
                mend="mend the line",
            ) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a user's code raises is told
            raise PolicyError(
                f"running it fails with {shown(error)}",
                where=f"{path}{_line(error, path)}",
                mend="mend the line, or keep what shall not run under if __name__ == '__main__'",
            ) from None
    return module


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Let a file import what lies beside it."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _line(error: BaseException, path: Path) -> str:
    """Return the last line of the file that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if Path(f.filename).resolve() == path.resolve()]
    return f", line {lines[-1]}" if lines else ""
