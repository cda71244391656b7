"""Events have one text each, read strictly; money rounds once, half to even."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import typing
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.engine.ledger import desk_events, events, money, vocabulary
from hedgerow.engine.ledger.chain import FROM_A_COPY, GENESIS, Record, checked, forge, link, verify
from hedgerow.engine.ledger.coding import clock, decode, encode
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay
from hedgerow.errors import LedgerError, RangeError

WHOLE = st.integers(-money.MOST, money.MOST)
TEXT = st.text(max_size=20)
FLOAT = st.floats(width=64)
TABLE = st.dictionaries(TEXT, FLOAT, max_size=4)
PLAIN = st.recursive(
    st.none() | st.booleans() | TEXT | WHOLE | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
LEG = st.builds(events.Leg, TEXT, WHOLE)
EVENT = st.one_of(
    st.builds(
        events.Opened, WHOLE, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=3), TEXT, TEXT,
        st.dictionaries(TEXT, PLAIN, max_size=3), st.just(events.SCHEMA),
    ),
    st.builds(events.Slice, WHOLE, TEXT, TABLE),
    st.builds(
        events.Decided, WHOLE, TEXT, TABLE, TABLE, TABLE, FLOAT, FLOAT, TABLE,
        st.dictionaries(TEXT, TABLE, max_size=3), st.dictionaries(TEXT, PLAIN, max_size=2),
    ),
    st.builds(
        events.Planned, WHOLE, TEXT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, TABLE,
    ),
    st.builds(
        events.Ordered, WHOLE, TEXT, st.lists(LEG, max_size=3).map(tuple),
        st.sampled_from(["market", "limit"]), st.none() | FLOAT,
        st.sampled_from(["day", "gtc", "ioc", "opg"]), TEXT,
    ),
    st.builds(events.Filled, WHOLE, TEXT, TEXT, TEXT, WHOLE, FLOAT, WHOLE),
    st.builds(events.Cancelled, WHOLE, TEXT, TEXT),
    st.builds(events.Settled, WHOLE, TEXT, WHOLE, FLOAT, WHOLE, WHOLE),
    st.builds(
        events.Cash, WHOLE, WHOLE, st.sampled_from(typing.get_args(events.Reason)), TEXT,
    ),
    st.builds(events.Explained, WHOLE, TEXT, st.dictionaries(TEXT, WHOLE, max_size=4)),
    st.builds(events.Override, WHOLE, TEXT, TEXT, TEXT),
    st.builds(events.Alarm, WHOLE, TEXT, TEXT),
    st.builds(events.Closed, WHOLE, WHOLE, WHOLE, WHOLE),
    st.builds(
        desk_events.Received, WHOLE, TEXT, TEXT, st.sampled_from(["accepted", "refused"]), TEXT,
        TEXTS,
    ),
    st.builds(
        desk_events.Proposed, WHOLE, TEXT, TEXT, TEXT, st.lists(LEG, max_size=3).map(tuple),
        st.sampled_from(["market", "limit"]), st.none() | FLOAT,
        st.sampled_from(["day", "gtc", "ioc", "opg"]), WHOLE,
        st.dictionaries(TEXT, PLAIN, max_size=2),
    ),
    st.builds(desk_events.Approved, WHOLE, TEXT, TEXT, TEXT),
    st.builds(desk_events.Declined, WHOLE, TEXT, TEXT, TEXT),
    st.builds(desk_events.Sent, WHOLE, TEXT, TEXT, TEXT),
    st.builds(desk_events.Acknowledged, WHOLE, TEXT, TEXT),
    st.builds(desk_events.Executed, WHOLE, TEXT, TEXT, TEXT, WHOLE, FLOAT, WHOLE),
    st.builds(
        desk_events.Ended, WHOLE, TEXT,
        st.sampled_from(["filled", "cancelled", "rejected", "expired"]), TEXT,
    ),
    st.builds(desk_events.Collected, WHOLE, TEXT, TEXTS, TEXTS),
    st.builds(desk_events.Halted, WHOLE, TEXT, TEXT),
    st.builds(desk_events.Resumed, WHOLE, TEXT, TEXT),
    st.builds(desk_events.Reconciled, WHOLE, TEXT, TEXTS),
    st.builds(
        desk_events.Done, WHOLE, st.sampled_from(["daily", "weekly", "monthly"]), TEXT, TEXT,
        st.dictionaries(TEXT, PLAIN, max_size=2),
    ),
    st.builds(desk_events.Acted, WHOLE, TEXT, TEXT, st.dictionaries(TEXT, PLAIN, max_size=2)),
)  # fmt: skip
LONG_AGO = '"1970-01-01T00:00:00.000000000Z"'


def bits(value: float) -> bytes:
    return struct.pack(">d", value)


# ---- one text -----------------------------------------------------------------------------------


@given(EVENT)
def test_every_event_reads_back_to_the_same_text(event) -> None:
    text = encode(event)
    again = decode(text)
    assert type(again) is type(event)
    assert encode(again) == text
    assert text.isascii()
    assert "\n" not in text
    json.loads(text, parse_constant=pytest.fail)


@given(FLOAT)
def test_floats_keep_their_bits(value) -> None:
    again = decode(encode(events.Filled(0, "", "", "", 0, value, 0))).price
    assert bits(again) == bits(value) or (math.isnan(again) and math.isnan(value))


def test_every_kind_of_event_is_drawn() -> None:
    drawn = {
        strategy.__repr__().split("(")[1].split(",")[0] for strategy in EVENT.original_strategies
    }
    assert drawn == {cls.__name__ for cls in vocabulary.KINDS.values()}


def test_the_odd_floats_are_texts_and_all_nan_are_one() -> None:
    negative = struct.unpack(">d", bytes.fromhex("fff8000000000001"))[0]
    marks = {"a": math.inf, "b": -math.inf, "c": math.nan, "d": negative, "e": -0.0, "f": 5e-324}
    text = encode(events.Slice(0, "", marks))
    assert text.endswith('"marks":{"a":"inf","b":"-inf","c":"nan","d":"nan","e":-0.0,"f":5e-324}}')


def test_tables_are_sorted_so_that_equal_events_have_equal_texts() -> None:
    one, two = events.Slice(0, "", {"b": 1.0, "a": 2.0}), events.Slice(0, "", {"a": 2.0, "b": 1})
    assert encode(one) == encode(two)


@given(WHOLE)
def test_times_are_those_of_numpy(time) -> None:
    assert clock(time) == f"{np.datetime64(time, 'ns')}Z"
    assert decode(encode(events.Alarm(time, "", ""))).time == time


# ---- read strictly ------------------------------------------------------------------------------

ALARM = f'{{"kind":"alarm","time":{LONG_AGO},"rule":"r","sentence":"s"}}'
FILLED = (
    f'{{"kind":"filled","time":{LONG_AGO},"order":"o","execution":"x","contract":"SPY",'
    '"quantity":1,"price":PRICE,"fee":0}'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is no event"),
        ("[]", "this is no event"),
        ("{}", "this is no event"),
        ('{"kind":5}', "this is no event"),
        ("[" * 100_000, "this is no event"),
        ('{"kind":"alarm","time":' + "9" * 5_000 + "}", "this is no event"),
        (
            ALARM.replace("alarm", "alrm"),
            "unknown kind of event 'alrm'. Mend: did you mean 'alarm'",
        ),
        (ALARM.replace("rule", "ruel"), "alarm.ruel: unknown field. Mend: did you mean 'rule'"),
        (ALARM.replace(',"sentence":"s"', ""), "alarm.sentence: is missing"),
        (ALARM.replace('"s"', "5"), "alarm.sentence: 5 does not belong here"),
        (ALARM.replace(LONG_AGO, "0"), "alarm.time: 0 does not belong here"),
        (ALARM.replace("000Z", "000"), "alarm: the event is not written as Hedgerow writes it"),
        (ALARM.replace("1970-01-01", "1970-02-31"), "alarm.time"),
        (ALARM.replace(":", ": ", 1), "not written as Hedgerow writes it"),
        (ALARM.replace('"s"', '"s","rule":"r"'), "not written as Hedgerow writes it"),
        (ALARM.replace('"s"', '"é"'), "not written as Hedgerow writes it"),
        (FILLED.replace("PRICE", "1"), "filled.price: 1 does not belong here"),
        (FILLED.replace("PRICE", "true"), "filled.price: True does not belong here"),
        (FILLED.replace("PRICE", "NaN"), "not written as Hedgerow writes it"),
        (FILLED.replace("PRICE", "1e999"), "not written as Hedgerow writes it"),
        (FILLED.replace("PRICE", "1.50"), "not written as Hedgerow writes it"),
        (FILLED.replace("PRICE", '"NaN"'), "filled.price: 'NaN' does not belong here"),
        (FILLED.replace("PRICE", "1.5").replace('y":1', f'y":{2**63}'), "of 64 bits"),
        ('{"kind":"opened","schema":99,"other":1}', "a newer Hedgerow wrote it"),
    ],
)
def test_any_other_text_is_refused(text, said) -> None:
    with pytest.raises(LedgerError) as caught:
        decode(text)
    assert said in str(caught.value)


def test_a_texts_event_is_what_it_says() -> None:
    assert decode(ALARM) == events.Alarm(0, "r", "s")


LINE = events.Decided(0, "tail", {"vix": 17.0}, {}, {}, 0.5, 1.0, {"linear": 0.5}, {})
LEGS = (events.Leg("SPY", 10**9),)
ORDER = events.Ordered(0, "a", LEGS, "market", None, "day", "tail")


@pytest.mark.parametrize("event", [LINE, ORDER])
def test_a_line_was_called_program_in_schema_1(event) -> None:
    text = encode(event)
    old = text.replace('"line":', '"program":')
    assert text != old
    assert decode(old) == decode(text) == event
    for bad in (old.replace('"tail"', '"tail","line":"tail"'), f" {old}"):
        with pytest.raises(LedgerError, match="not written as Hedgerow writes it"):
            decode(bad)


def test_a_decision_without_fits_is_written_as_before_there_were_any() -> None:
    text = encode(LINE)
    assert '"fits"' not in text
    assert decode(text).fits == {}
    fits = {"hawkes2": {"date": "2020-01-02", "rows": 1260, "parameters": {"mu": 0.01}}}
    told = encode(replace(LINE, fits=fits))
    assert told == text.removesuffix("}") + (
        ',"fits":{"hawkes2":{"date":"2020-01-02","parameters":{"mu":0.01},"rows":1260}}}'
    )
    assert decode(told).fits == fits
    with pytest.raises(LedgerError, match="not written as Hedgerow writes it"):
        decode(text.removesuffix("}") + ',"fits":{}}')


def test_a_ledger_of_schema_1_is_read_and_replayed() -> None:
    # written by the toy engine of tests/engine/ledger/toy.py when the schema was 1
    with open_ledger(Path(__file__).with_name("schema1.jsonl")) as ledger:
        assert ledger.head.hash.startswith("88fc0c5f7023")
        assert verify(ledger.read()) == ledger.head
        done = replay(ledger)
    assert (done.standing.opened.schema, done.standing.bars, done.decisions) == (1, 4, 4)
    assert set(done.standing.decided) == {"tail"}


# ---- the chain ----------------------------------------------------------------------------------


def test_the_first_link_is_what_sha256sum_makes_of_its_bytes() -> None:
    # (head -c 32 /dev/zero; printf '0{}') | sha256sum
    made = subprocess.run(
        ["sha256sum"], input=bytes(32) + b"0{}", capture_output=True, check=True
    ).stdout
    assert made.decode().split()[0] == link(GENESIS.hash, 0, "{}")


def test_every_flip_in_a_record_is_found(played) -> None:
    records = list(played.read())[:14]
    whole = records[: max(i + 1 for i, record in enumerate(records) if not record.more)]
    verify(whole)
    for i, record in enumerate(whole):
        changed = [
            Record(record.number + 1, record.more, record.text, record.hash),
            Record(record.number, record.more + 1, record.text, record.hash),
            Record(record.number, record.more, record.text, link(record.hash, 0, "")),
        ]
        for place in range(0, len(record.text), 7):
            flipped = bytearray(record.text.encode())
            flipped[place] ^= 4
            text = flipped.decode("latin-1")
            changed.append(Record(record.number, record.more, text, record.hash))
        for bad in changed:
            with pytest.raises(LedgerError, match=rf"record {bad.number}: .*{FROM_A_COPY[:20]}"):
                verify([*whole[:i], bad, *whole[i + 1 :]])


def test_records_left_out_doubled_or_swapped_are_found(played) -> None:
    whole = list(played.read())
    for bad in (whole[1:], whole[:5] + whole[6:], [*whole[:5], whole[4], *whole[5:]]):
        with pytest.raises(LedgerError, match="it stands where record"):
            verify(bad)
    inside = next(i for i, record in enumerate(whole) if record.more)
    with pytest.raises(LedgerError, match="records of the last batch are missing"):
        list(checked(whole[: inside + 1]))


def test_a_chain_forged_anew_is_told_by_its_head(played) -> None:
    events_ = [record.event for record in played.read()]
    events_[5] = events.Alarm(0, "forged", "")
    assert verify(forge(GENESIS, events_)) != played.head


# ---- money --------------------------------------------------------------------------------------

EXACT = Context(prec=2_000, rounding=ROUND_HALF_EVEN)


@given(
    st.floats(-9e12, 9e12)
    | st.decimals(-(10**12), 10**12, places=9)
    | st.integers(-(10**12), 10**12)
)
def test_micros_are_those_of_decimal(value) -> None:
    exact = EXACT.create_decimal(Decimal(value))
    wanted = EXACT.quantize(EXACT.multiply(exact, Decimal(10**6)), Decimal(1))
    assert money.micros(value) == int(wanted)
    assert money.usd(money.micros(value)) == Decimal(int(wanted)) / 10**6


@given(st.integers(-(10**15), 10**15), st.floats(-1e5, 1e5), st.sampled_from([1, 5, 50, 100, 1000]))
def test_worth_is_the_product_of_decimals_rounded_once(quantity, price, multiplier) -> None:
    exact = EXACT.multiply(EXACT.multiply(Decimal(quantity), Decimal(price)), Decimal(multiplier))
    wanted = EXACT.quantize(EXACT.divide(exact, Decimal(1000)), Decimal(1))
    if abs(wanted) <= money.MOST:
        assert money.worth(quantity, price, multiplier) == int(wanted)


@pytest.mark.parametrize("value", [math.nan, math.inf, "ten", True, None, 1e13, -1e13, "1e400"])
def test_what_is_no_amount_is_refused(value) -> None:
    with pytest.raises(RangeError):
        money.micros(value)


def test_the_range_is_that_of_64_bits() -> None:
    assert money.micros("9223372036854.775807") == money.MOST == 2**63 - 1
    assert money.nanos("-9223372036.854775807") == -money.MOST
    for call in (lambda: money.micros("9223372036854.775808"), lambda: money.nanos(9.3e9)):
        with pytest.raises(RangeError, match="too large for the ledger"):
            call()
    with pytest.raises(RangeError, match="is not a price"):
        money.worth(1, math.nan, 100)
