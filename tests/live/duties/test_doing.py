"""Duties are done once, catch up, and say what the ledger says."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.desk_events import Received
from hedgerow.engine.ledger.events import Closed, Decided, Explained
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.live import settings
from hedgerow.live.duties.doing import agenda, do
from hedgerow.live.journal import Journal
from hedgerow.live.settings import Settings
from hedgerow.live.standing import Watch
from live.crash_book import RUN, begun, copied, grow, reading

USUAL = Settings()


def doing(desk, session=None, terms=USUAL, **more):
    return do(desk.journal, desk.store, desk.ledger, terms, session, desk.journal.clock, **more)


@pytest.fixture(scope="module")
def done(crash, tmp_path_factory):
    desk = copied(crash, tmp_path_factory.mktemp("done"))
    return {(each.duty, each.session): each for each in doing(desk)}


def test_each_is_done_once_and_what_was_missed_is_caught_up(desk) -> None:
    first = doing(desk, "2020-02-14")
    assert [each.duty for each in first].count("weekly") == 2
    assert max(each.session for each in first) == "2020-02-14"
    assert doing(desk, "2020-02-14") == []
    rest = doing(desk)
    days = [str(day) for day in desk.market.dates if "2020-02-14" < str(day) <= "2020-04-30"]
    assert [each.session for each in rest if each.duty == "daily"] == days
    assert [each.session for each in rest if each.duty == "monthly"] == [
        "2020-02-28",
        "2020-03-31",
        "2020-04-30",
    ]
    assert [each.session for each in rest if each.duty == "weekly"][7:9] == [
        "2020-04-09",  # before Good Friday
        "2020-04-17",
    ]
    assert doing(desk) == []
    kept = [record.event for record in desk.journal.records()]
    assert kept[1:] == [*first, *rest]
    verify(desk.journal.records())


def test_two_desks_at_once_do_it_once(desk, tmp_path) -> None:
    other = Journal(tmp_path / "book.db", RUN)
    watch = Watch(desk.store, desk.ledger, other, RUN)
    assert agenda(watch, USUAL, "2020-02-03").due == [("daily", "2020-02-03")]
    original = other.write

    def late(make):  # the other desk has done it between looking and writing
        doing(desk, "2020-02-03")
        return original(make)

    other.write = late
    assert do(other, desk.store, desk.ledger, USUAL, "2020-02-03", lambda: 5, watch=watch) == []
    assert len(desk.journal.blotter().done) == 1


def test_duties_that_are_off_are_not_due(desk) -> None:
    terms = settings.parse("duties.daily = false\nduties.monthly = false")
    assert {each.duty for each in doing(desk, "2020-03-31", terms)} == {"weekly"}
    assert {each.duty for each in doing(desk, "2020-02-28", kinds=("monthly",))} == {"monthly"}


def test_daily_rv20_is_that_of_numpy(desk, done) -> None:
    market = desk.market
    for day in ("2020-02-10", "2020-03-16", "2020-04-30"):
        row = market.index_of(day)
        returns = np.diff(np.log(market["spx"][row - 20 : row + 1]))
        expected = float(np.sqrt(252.0 * np.mean(returns**2)))
        assert done["daily", day].facts["rv20"] == pytest.approx(expected, rel=1e-12)


def test_daily_marks_are_the_ledgers(desk, done) -> None:
    """Option: contracts × 100 × mark; a future has paid its margin by the close."""
    closed = {e.time: e for r in desk.ledger.read() if isinstance(e := r.event, Closed)}
    for day in ("2020-02-28", "2020-03-16"):
        time = int(np.datetime64(day, "ns").astype("int64"))
        facts = done["daily", day].facts
        total = sum(line["value"] for line in facts["lines"].values())
        assert facts["lines"]["futures"]["value"] == 0.0
        assert total == pytest.approx(closed[time].positions / 1e6, abs=1e-6)
        assert facts["nav"] == closed[time].nav / 1e6


def test_daily_says_where_vix_stands(done) -> None:
    text = done["daily", "2020-03-16"].text
    assert "VIX 81.35 (modelled)" in text
    assert "above low 12 of linear, above high 22 of linear" in text
    assert "puts: vix" in text
    calm = done["daily", "2020-02-10"]
    assert "not above high 22 of linear" in calm.text
    levels = calm.facts["lines"]["puts"]["thresholds"]
    asked = 14.753083  # VIX of the first decision, whose order was filled: 15 % are nearer than 3
    assert levels[2]["level"] == pytest.approx(asked * 0.85, rel=1e-6)
    assert levels[3]["level"] == pytest.approx(asked * 1.15, rel=1e-6)


def test_weekly_attribution_adds_up_to_the_micro_usd(desk, done) -> None:
    """Independently from the ledger's records: a week's parts are the change of NAV."""
    closes, days = [], []
    for record in desk.ledger.read():
        if isinstance(event := record.event, Closed):
            closes.append(event.nav)
            days.append(str(np.datetime64(event.time, "ns").astype("datetime64[D]")))
    checked = 0
    for (duty, session), event in done.items():
        if duty != "weekly":
            continue
        first, last = days.index(event.facts["first"]), days.index(session)
        if not first:
            continue  # what was paid in counts there
        parts = event.facts["parts_micros"].values()
        total = sum(sum(mine.values()) for mine in parts)
        assert total == event.facts["hedge_micros"]
        assert total + event.facts["portfolio_micros"] == closes[last] - closes[first - 1]
        assert last - first + 1 == event.facts["sessions"]
        checked += 1
    assert checked == 11


def test_weekly_legs_are_those_on_record(desk, done) -> None:
    fired = {
        (str(np.datetime64(e.time, "ns").astype("datetime64[D]")), e.line): e.memory["trigger"]
        for r in desk.ledger.read()
        if isinstance(e := r.event, Decided)
    }
    facts = done["weekly", "2020-03-13"].facts
    sessions = {each["session"] for each in facts["traded"]["puts"] if each["legs"]}
    week = [day for day, line in fired if line == "puts" and "2020-03-09" <= day <= "2020-03-13"]
    assert sessions == {day for day in week if fired[day, "puts"]["fired"] > 0.0}
    assert len(week) == 5
    quiet = done["weekly", "2020-02-14"]
    assert "2020-02-10 fired (clock)" in quiet.text or "2020-02-11 fired (clock)" in quiet.text


def test_monthly_is_the_review_of_the_ledger(desk, done) -> None:
    """Gain of the hedge in March, added up from the ledger's parts."""
    total = 0
    for record in desk.ledger.read():
        event = record.event
        if isinstance(event, Explained) and event.line:
            day = dt.datetime.fromtimestamp(event.time / 1e9, dt.UTC).date()
            total += sum(event.parts.values()) if (day.year, day.month) == (2020, 3) else 0
    (month,) = done["monthly", "2020-03-31"].facts["review"]["months"]
    assert month["hedge_gain"] == pytest.approx(total / 1e6, abs=1e-6)
    assert "2020-03: 2020-03-02 … 2020-03-31 (22 bars)" in done["monthly", "2020-03-31"].text


def test_a_duty_knows_nothing_of_what_came_later(desk, tmp_path) -> None:
    short = begun(tmp_path / "short.db", end="2020-03-13")
    alone = {(e.duty, e.session): e for e in doing(short)}
    for each in doing(desk, "2020-03-13"):
        assert each == alone[each.duty, each.session]


def test_a_run_that_grows_is_followed(tmp_path) -> None:
    book = begun(tmp_path / "grows.db", end="2020-02-20")
    watch = Watch(book.store, book.ledger, book.journal, RUN)
    assert len(doing(book, watch=watch)) == 13 + 2
    market = book.market
    book.store.accept(RUN, reading(market, market.index_of("2020-02-21")), 0)
    with open_ledger(tmp_path / "grows.db", RUN, writing=True) as ledger:
        grow(ledger, "2020-02-03", "2020-02-21")
    made = doing(book, watch=watch)
    assert [(each.duty, each.session) for each in made] == [
        ("daily", "2020-02-21"),
        ("weekly", "2020-02-21"),
    ]


def test_findings_of_the_data_are_told(desk) -> None:
    odd = Received(1, "2020-02-03", "cboe", "accepted", "", ("VIX is 3 days old",))
    desk.journal.write(lambda _: [odd])
    (daily,) = doing(desk, "2020-02-03")
    assert "Data: VIX is 3 days old" in daily.text
    assert daily.facts["findings"] == ["VIX is 3 days old"]


def test_the_first_session_of_a_run_of_the_past(desk, done) -> None:
    assert done["daily", "2020-02-03"].facts["lines"]["puts"]["value"] == 0.0
