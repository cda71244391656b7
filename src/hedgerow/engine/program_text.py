"""Programs as TOML: the form of rulebooks, and of a user's own files.

::

    name = "put-writer"
    fills = "next"            # or "close"
    whole = true              # whole contracts
    costs = true

    [portfolio]
    value = 10_000_000

    [budget]
    per_year = 0.02           # of all lines together

    [execution]
    order = "limit"

    [margin]
    limit = 0.5               # of NAV
    response = "reduce"

    [policies.tail]           # as in a policy file
    signals = [{ kind = "level", column = "vix" }]
    steps = [{ kind = "linear", signal = "vix", low = 12, high = 22 }]

    [[lines]]
    name = "puts"
    policy = "tail"
    share = 1.0
    max_share = 1.0
    sleeve = { kind = "put", moneyness = 0.90, size = { vega = 1000 } }

      [[lines.actions]]
      kind = "monetise"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import OFF, action_to_table, actions_from_tables, from_table, parse
from hedgerow.engine.broker import Execution
from hedgerow.engine.liquidity import Liquidity
from hedgerow.engine.margining import MarginRule
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.errors import HedgerowError, PolicyError, nearest
from hedgerow.instruments.catalog import sleeve_from_table, sleeve_to_table
from hedgerow.instruments.costs import Costs

_TEXTS = ("name", "title", "about", "source")
_KEYS = (
    *(*_TEXTS, "conventions", "fills", "whole", "costs"),
    *("portfolio", "budget", "execution", "margin", "policies", "lines"),
)
_PLAIN = ("share", "max_share", "offsets", "role", "sized_by")
_OPEN = ("option_depth", "future_depth", "urgent_offset")
"""Fields of an execution that may be off: depth without end, and no offset of its own."""
_LINE = ("name", "policy", "sleeve", *_PLAIN, "actions")


def read(text: str) -> Program:
    """Make a program from TOML text.

    Parameters
    ----------
    text
        Of a file.

    Raises
    ------
    HedgerowError
        If the text is no TOML, or a key, kind, name or number is wrong, naming the field.

    Examples
    --------
    >>> from hedgerow.engine.rulebook import rulebook
    >>> program = read(rulebook("vxth").text)  # which is rulebook("vxth").program
    >>> program.fills, [line.sleeve.name for line in program.lines]
    ('close', ['vix_call-1-30delta'])
    """
    import hedgerow.policies  # noqa: F401  # fills the catalogue that the text names

    table = parse(text, "program")
    if "steps" in table and "lines" not in table:
        raise PolicyError(
            "this is a policy, not a program",
            where="steps",
            mend="head it [policies.NAME] and give the program a line, headed [[lines]]",
        )
    known_keys(table, _KEYS, "")
    policies = _policies(table_of(table, "policies"))
    given = {
        key: None if value == OFF and key in _OPEN else value
        for key, value in table_of(table, "execution").items()
    }
    if "liquidity" in given:
        rule = table_of(given, "liquidity", "execution.liquidity")
        given["liquidity"] = made(Liquidity, rule, "execution.liquidity")
    execution = made(Execution, given, "execution")
    if "whole" in table:
        whole = _flag(table, "whole")
        execution = replace(execution, whole=whole, ticks=whole and execution.ticks)
    budget = table_of(table, "budget")
    known_keys(budget, ("per_year",), "budget")
    rows = table.get("lines", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PolicyError("must be a list of tables", where="lines", mend="head each: [[lines]]")
    texts = {key: _text(table, key) for key in _TEXTS if key in table}
    texts.pop("about", None)
    said = table.get("conventions", [])
    if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
        raise PolicyError("must be a list of texts", where="conventions", mend='write ["…", "…"]')
    return Program(
        [_line(row, policies, f"lines[{i}]") for i, row in enumerate(rows)],
        portfolio=made(Equity, table_of(table, "portfolio"), "portfolio"),
        budget=budget.get("per_year"),
        fills=table.get("fills", "next"),
        execution=execution if execution.whole or "execution" in table else Execution.ideal(),
        costs=costs_of(table),
        margin=made(MarginRule, table_of(table, "margin"), "margin"),
        **texts,
    )


def to_table(program: Program) -> dict[str, Any]:
    """Return a program as tables, every field written out, for records."""
    return {
        "name": program.name,
        "title": program.title,
        "source": program.source,
        "fills": program.fills,
        "portfolio": program.portfolio.as_dict(),
        "budget": {} if program.budget is None else {"per_year": program.budget},
        "execution": {k: v for k, v in program.execution.as_dict().items() if v is not None},
        "costs": dict(vars(program.costs)),
        "margin": dict(vars(program.margin)),
        "lines": [
            {
                "name": line.name,
                "sleeve": sleeve_to_table(line.sleeve),
                "share": line.share,
                "max_share": line.max_share,
                "offsets": line.offsets,
                **_beyond(line),
                "actions": [action_to_table(action) for action in line.actions],
            }
            for line in program.lines
        ],
    }


def write(program: Program, *, brief: bool = False) -> str:
    """Return a program as TOML that :func:`read` makes the very same program of.

    Parameters
    ----------
    program
        Any whose policies files can name.
    brief
        Say of its execution only what differs from the defaults, as a person would: a desk sets
        what a file leaves out.

    Raises
    ------
    PolicyError
        If a policy has a class that is not registered, so that the text could not be read again.

    Examples
    --------
    >>> from hedgerow.engine.rulebook import rulebook
    >>> program = rulebook("option-a").program
    >>> read(write(program)) == program
    True
    """
    import tomllib

    import tomlkit

    table = to_table(program)
    plain = Execution().as_dict() if brief else {}
    table["execution"] = {
        key: OFF if value is None else value
        for key, value in program.execution.as_dict().items()
        if not (key in plain and plain[key] == value)
    }
    table["policies"] = {line.name: tomllib.loads(line.policy.to_toml()) for line in program.lines}
    for row in table["lines"]:
        row["policy"] = row["name"]
    return tomlkit.dumps(table)


def _beyond(line: Line) -> dict[str, str]:
    """Return the fields that older ledgers do not have, where they say anything."""
    given = {"role": line.role, "sized_by": line.sized_by}
    return {name: value for name, value in given.items() if value not in ("hedge", "")}


def _line(row: Mapping[str, Any], policies: Mapping[str, Policy], where: str) -> Line:
    known_keys(row, _LINE, where)
    for key in ("policy", "sleeve"):
        if key not in row:
            raise PolicyError(f"the line has no {key}", where=where, mend=f"give it a {key}")
    if not isinstance(row["policy"], str):
        raise PolicyError(
            f"{row['policy']!r} is no name",
            where=f"{where}.policy",
            mend='name a policy: policy = "tail"',
        )
    if row["policy"] not in policies:
        raise PolicyError(
            f"there is no policy {row['policy']!r}",
            where=f"{where}.policy",
            mend=nearest(str(row["policy"]), policies) if policies else "head one [policies.NAME]",
        )
    rest = {key: row[key] for key in _PLAIN if key in row}
    return Line(
        row.get("name", row["policy"]),
        sleeve_from_table(row["sleeve"], f"{where}.sleeve"),
        policies[row["policy"]],
        actions=actions_from_tables(row.get("actions", []), f"{where}.actions"),
        **rest,
    )


def _policies(tables: Mapping[str, Any]) -> dict[str, Policy]:
    made = {}
    for name, table in tables.items():
        where = f"policies.{name}"
        if not isinstance(table, Mapping):
            raise PolicyError("a policy is a table", where=where, mend=f"head it [{where}]")
        try:
            made[name] = from_table(table, name)
        except HedgerowError as error:
            place = f"{where}, {error.where}" if error.where else where
            raise PolicyError(error.what, where=place, mend=error.mend) from None
    return made


def costs_of(table: Mapping[str, Any]) -> Costs:
    """Return the costs of a program's table: its ``costs``, true, false or a table of fields."""
    given = table.get("costs", True)
    if isinstance(given, Mapping):
        costs: Costs = made(Costs, given, "costs")
        return costs
    return Costs() if _flag({"costs": given}, "costs") else Costs.none()


def made(kind: Any, table: Mapping[str, Any], where: str) -> Any:
    """Make one of our classes from a table of its fields."""
    known_keys(table, [item.name for item in fields(kind)], where)
    return kind(**table)


def table_of(table: Mapping[str, Any], key: str, where: str = "") -> Mapping[str, Any]:
    """Return a table in another, empty where it is not given."""
    given, where = table.get(key, {}), where or key
    if not isinstance(given, Mapping):
        raise PolicyError(f"{given!r} is not a table", where=where, mend=f"head it [{where}]")
    return given


def _flag(table: Mapping[str, Any], key: str) -> bool:
    if not isinstance(table[key], bool):
        raise PolicyError(
            f"{table[key]!r} is not true or false", where=key, mend="write true or false"
        )
    return bool(table[key])


def _text(table: Mapping[str, Any], key: str) -> str:
    if not isinstance(table[key], str):
        raise PolicyError(f"{table[key]!r} is not a text", where=key, mend="put it in quotes")
    return str(table[key]).strip()


def known_keys(table: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
    """Refuse a key that is none of those known, naming the nearest."""
    known = list(keys)
    for key in table:
        if key not in known:
            path = f"{where}.{key}" if where else key
            raise PolicyError("unknown key", where=path, mend=nearest(key, known))
