"""``policy check``, ``show``, ``new``: policies as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import MISTAKE, AsJson, complain, show_json, told
from hedgerow.report.formats import NOT_ADVICE, columns

if TYPE_CHECKING:
    from hedgerow.core.policy import Policy

app = typer.Typer(help="Check, show and write policy files.", no_args_is_help=True)

POINTS = (10.0, 14.0, 18.0, 22.0, 25.0, 30.0, 40.0, 50.0, 60.0)
CORRELATIONS = (0.10, 0.20, 0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90)
VOLS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50, 0.60)
RATIOS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0)
CHANCES = (0.0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1.0)
STRENGTHS = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
DEVIATIONS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0)
LEVELS = {
    "realised_vol": VOLS,
    **dict.fromkeys(("correlation", "implied_correlation"), CORRELATIONS),
    **dict.fromkeys(("crash_hazard", "hawkes"), RATIOS),
    **dict.fromkeys(("regime_probability", "regime_count"), CHANCES),
    **dict.fromkeys(("events", "execution_window", "divergence", "over"), (0.0, 1.0)),
    **dict.fromkeys(("macd", "zscore", "change"), DEVIATIONS),
    "rsi": STRENGTHS,
}
"""Typical levels of signals that are no points, by kind."""

# Written out, because --help must not import the catalogue; a test compares the two.
RULES = (
    "The rule: constant, linear, vol_ratio, tiers, bands, sigmoid, ladder, table, "
    "correlation_ratio, drawdown, delta_neutral, adaptive_linear, adaptive_tiers, adaptive_bands, "
    "crash_intensity, regime, band_table, within_edges, layered or second_engine."
)
PRESETS = (
    "Published values of the rule. linear: option-a, formula, example, worked-2017; "
    "tiers: option-c, binary, above-20; bands: middles, low-ends, high-ends; "
    "sigmoid: plain, rescaled; correlation_ratio: realised, implied; drawdown: corrected, printed; "
    "adaptive_tiers: option-c, binary; adaptive_bands: middles, low-ends, high-ends; "
    "crash_intensity: logistic, hawkes; regime: filter, count."
)

File = Annotated[Path, typer.Argument(metavar="POLICY.toml", help="The policy file.")]


@app.command()
@told
def check(
    files: Annotated[list[Path], typer.Argument(metavar="POLICY.toml...", help="Policy files.")],
    as_json: AsJson = False,
) -> None:
    """Check policy files: misspelt keys, types, ranges, order of steps."""
    from hedgerow.errors import PolicyError
    from hedgerow.policies.files import read

    rows: list[dict[str, Any]] = []
    for file in files:
        row: dict[str, Any] = {"file": str(file), "ok": True}
        try:
            made = read(file)
            row |= {"name": made.name, "steps": [step.kind for step in made.steps]}
        except PolicyError as error:
            row |= {"ok": False, "error": str(error)}
            complain(str(error))
        rows.append(row)
        if row["ok"] and not as_json:
            typer.echo(f"{file}: good ({' → '.join(row['steps'])})")
    if as_json:
        show_json({"files": rows, "ok": all(row["ok"] for row in rows)})
    if not all(row["ok"] for row in rows):
        raise typer.Exit(MISTAKE)


@app.command()
@told
def show(
    file: File,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print it with every field explicit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a policy does: its signals, its steps, and the rule at typical levels."""
    from hedgerow.core.policy_text import describe
    from hedgerow.policies.files import read

    made = read(file)
    if toml and not as_json:
        typer.echo(made.to_toml(), nl=False)
        return
    shown: dict[str, Any] = {
        "name": made.name,
        "raw": made.raw,
        "signals": [
            {"name": signal.name, "lookback": signal.lookback, **describe(signal)}
            for signal in made.signals
        ],
        "steps": [{"stage": step.stage.name.lower(), **describe(step)} for step in made.steps],
        "lookback": made.lookback,
        "response": response(made),
        "toml": made.to_toml(),
        "notice": NOT_ADVICE,
    }
    if as_json:
        show_json(shown)
        return
    typer.echo(f"{made.name}: {len(made.steps)} steps, {made.lookback} sessions to warm up\n")
    lines = [["signal", row["name"], _terms(row)] for row in shown["signals"]]
    lines += [[row["stage"], row["kind"], _terms(row)] for row in shown["steps"]]
    typer.echo(columns(lines))
    if found := shown["response"]:
        title = "rule and bounds" if found["bounded"] else "rule, without bounds"
        cells = [[found["signal"], *(f"{level:g}" for level in found["levels"])]]
        cells.append(["x", *(f"{x:.2f}" for x in found["x"])])
        typer.echo(f"\nIntensity by {title}, before the other overlays:")
        typer.echo(columns(cells, right=range(1, len(cells[0]))))
    typer.echo(NOT_ADVICE)


@app.command()
@told
def new(
    rule: Annotated[str, typer.Option(metavar="KIND", help=RULES)] = "linear",
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help=PRESETS, show_default="the rule's own values")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to a file instead of stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a policy to start from: a rule with the usual overlays and trigger."""
    from hedgerow.policies.catalog import starter
    from hedgerow.policies.files import write

    made = starter(rule, preset)
    file = write(made, out, force=force) if out else None
    if as_json:
        show_json(
            {"name": made.name, "file": None if file is None else str(file), "toml": made.to_toml()}
        )
    elif file is None:
        typer.echo(made.to_toml(), nl=False)
    else:
        typer.echo(f"Wrote {file}. Try: hedgerow backtest {file}")


def response(policy: Policy) -> dict[str, Any] | None:
    """Return what rule and bounds answer at typical levels; None if the rule reads no signal."""
    from hedgerow.core.step import Stage

    rule = policy.steps[0]
    if len(rule.inputs) != 1:
        return None
    name = rule.inputs[0]
    signal = next(signal for signal in policy.signals if signal.name == name)
    levels = LEVELS.get(signal.kind, POINTS)
    early = [step for step in policy.steps if step.stage in (Stage.RULE, Stage.BOUNDS)]
    answers = [_x(early, level) for level in levels]
    bounded = len(early) > 1
    return {"signal": name, "levels": levels, "x": answers, "bounded": bounded}


def _x(steps: list[Any], level: float) -> float:
    from hedgerow.core.book import View

    x: float = 0.0
    for step in steps:
        seen: Any = (level,) if step.inputs else ()
        # the steps asked here (`_x` is for rules and bounds) look at neither book nor bar
        view = View(seen, None, None)  # type: ignore[arg-type]
        x, _ = step.kernel(x, view, step.start(), step.params())
    return float(x)


def _terms(row: dict[str, Any]) -> str:
    hidden = ("kind", "stage", "name", "lookback")
    return ", ".join(f"{key} {_short(value)}" for key, value in row.items() if key not in hidden)


def _short(value: Any) -> str:
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
