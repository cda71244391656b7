"""What a kernel reads: so that lanes carry no value that nothing looks at.

A field counts as unread only where that can be proved from the kernel's source: every use of
the argument is a plain ``argument.field``.  Anything else - indexing, unpacking, handing the whole
thing on, source that cannot be found - counts as reading all of it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

Chain = tuple[str, ...]


def fields_read(kernel: Callable[..., Any], place: int, *inner: str) -> set[str] | None:
    """Return the fields that a function reads of one of its arguments, or None for all.

    Parameters
    ----------
    kernel
        A plain function.
    place
        Position of the argument.
    inner
        Fields that lead from the argument to what is asked about: ``"book"`` for the
        book inside a view.

    Examples
    --------
    >>> from hedgerow.policies.overlays import Smooth
    >>> fields_read(Smooth.kernel, 2), fields_read(Smooth.kernel, 1, "book")
    ({'level'}, set())
    """
    body = _source(kernel)
    if body is None or place >= len(body.args.args):
        return None
    parents = {child: node for node in ast.walk(body) for child in ast.iter_child_nodes(node)}
    names: dict[str, Chain] = {body.args.args[place].arg: ()}
    found: set[str] = set()
    while True:
        before = len(names)
        for node in ast.walk(body):
            if not isinstance(node, ast.Name) or node.id not in names:
                continue
            if not isinstance(node.ctx, ast.Load):
                if node.id == body.args.args[place].arg:
                    return None  # the argument's name is given another meaning
                continue
            chain, used = _climb(node, names[node.id], parents)
            if len(chain) > len(inner):
                if chain[: len(inner)] == inner:
                    if chain[len(inner)].startswith("_"):
                        return None
                    found.add(chain[len(inner)])
            elif chain == inner[: len(chain)]:
                alias = _alias(used, parents)
                if alias is None or names.get(alias, chain) != chain:
                    return None
                names[alias] = chain
        if len(names) == before:
            return found


def _climb(node: ast.AST, chain: Chain, parents: dict[ast.AST, ast.AST]) -> tuple[Chain, ast.AST]:
    """Follow ``a.b.c`` outwards from ``a``."""
    parent = parents[node]
    while isinstance(parent, ast.Attribute):
        chain, node = (*chain, parent.attr), parent
        parent = parents[node]
    return chain, node


def _alias(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str | None:
    """Return the name that an expression is given by a plain assignment, if that is its use."""
    parent = parents[node]
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    outer = parents.get(parent)
    if isinstance(parent, ast.Tuple) and isinstance(outer, ast.Assign) and outer.value is parent:
        targets = outer.targets[0]
        if isinstance(targets, ast.Tuple) and len(targets.elts) == len(parent.elts):
            # a child of a tuple is an expression, which the map of parents does not say
            target = targets.elts[parent.elts.index(node)]  # type: ignore[arg-type]
            return target.id if isinstance(target, ast.Name) else None
    return None


@lru_cache(maxsize=256)
def _source(kernel: Callable[..., Any]) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kernel)))
    except (OSError, TypeError, SyntaxError):
        return None
    made = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inner = any(isinstance(node, ast.Lambda) for node in ast.walk(tree))
    return made[0] if len(made) == 1 and not inner else None


def functions_called(
    kernel: FunctionType, seen: set[FunctionType] | None = None
) -> set[FunctionType]:
    """Return the plain functions that a kernel can reach by name, and those that they reach."""
    seen = set() if seen is None else seen
    for called in _named(kernel):
        if called not in seen:
            seen.add(called)
            functions_called(called, seen)
    return seen


def _named(kernel: FunctionType) -> Iterator[FunctionType]:
    names = kernel.__code__.co_names
    for name in names:
        value = kernel.__globals__.get(name)
        if isinstance(value, FunctionType):
            yield value
        elif isinstance(value, ModuleType) and value.__name__.startswith("hedgerow"):
            found = (getattr(value, other, None) for other in names)
            yield from (f for f in found if isinstance(f, FunctionType))
