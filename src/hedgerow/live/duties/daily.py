"""The daily duty: VIX against thresholds, 20-day RV, hedge mark-to-market, budget, what is open."""

from __future__ import annotations

from typing import Any

from hedgerow.engine.ledger.money import CONTRACT, USD
from hedgerow.live.blotter import Blotter
from hedgerow.live.duties.wording import Said, modelled_vix, spent
from hedgerow.live.positions import value_of
from hedgerow.live.standing import Watch
from hedgerow.live.thresholds import place
from hedgerow.report.formats import columns, usd

MARKS = "Values are at the ledger's marks: modelled prices where no quote is known."


def daily(watch: Watch, blotter: Blotter, at: int) -> Said:
    """Say where a session leaves the run.

    Parameters
    ----------
    watch
        Of the run, brought up to date.
    blotter
        Of its desk.
    at
        Place of the session in the chronicle.
    """
    session = watch.chronicle.sessions[at]
    day, bar = session.date, session.bar
    vix, rv = watch.market_value("vix", day), watch.rv(day)
    lines = [watch.line(name, at) for name in session.decided]
    budget = watch.spending(session)
    received = blotter.received.get(day)
    open_orders = blotter.open_orders()
    marked = {
        line.line: sum(
            value_of(session, line.line, symbol) for symbol in session.held.get(line.line, {})
        )
        / USD
        for line in lines
    }
    text = [f"{day}: VIX {vix:.2f}{modelled_vix(watch, day)}, 20-day realised volatility {rv:.1%}"]
    for line in lines:
        for signal in line.signals:
            told = place(list(line.thresholds), signal, line.signals[signal])
            text.append(f"{line.line}: {told}; target {line.target:.3f} × base")
    rows = [["hedge", "contracts", "value", "gain of the day"]]
    for line in lines:
        held = ", ".join(f"{many:+,.6g} {name}" for name, many in line.positions.items())
        rows.append([line.line, held or "nothing", usd(marked[line.line]), usd(line.gain)])
    gains = f"Portfolio {usd(bar.portfolio / USD)}, hedge {usd(bar.hedge / USD)}"
    text += [columns(rows, right=[2, 3]), MARKS, f"{gains}, NAV {usd(bar.nav / USD)}"]
    text += [f"Budget: {spent(budget)}"]
    text += [f"Alarm {alarm.rule}: {alarm.sentence}" for alarm in session.alarms]
    if open_orders:
        told_orders = (f"{slip.proposed.order} ({slip.stage})" for slip in open_orders)
        text.append(f"Open orders: {', '.join(told_orders)}")
    findings = received.findings if received is not None else ()
    text += [f"Data: {finding}" for finding in findings]
    facts: dict[str, Any] = {
        "vix": vix,
        "vix_modelled": watch.modelled("vix", day),
        "rv20": rv,
        "nav": bar.nav / USD,
        "portfolio": bar.portfolio / USD,
        "hedge": bar.hedge / USD,
        "budget": vars(budget),
        "alarms": [[alarm.rule, alarm.sentence] for alarm in session.alarms],
        "open_orders": [slip.proposed.order for slip in open_orders],
        "findings": list(findings),
        "lines": {
            line.line: {
                "target": line.target,
                "value": marked[line.line],
                "gain": line.gain,
                "thresholds": [each._asdict() for each in line.thresholds],
                "held": {k: v / CONTRACT for k, v in session.held.get(line.line, {}).items()},
            }
            for line in lines
        },
    }
    return Said("\n".join(text), facts)
