"""``parity`` from the outside."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from hedgerow import cli
from hedgerow.pricing.black import black76


@pytest.fixture
def file(tmp_path):
    """Expiries around a VIX settlement and thirty days on, one call three points too dear."""
    lines = ["option,bid,ask,date"]
    for code, days in (("231017", 33), ("231018", 34), ("231117", 64)):
        for call, letter in ((True, "C"), (False, "P")):
            for strike in np.arange(2500.0, 7001.0, 25.0):
                price = float(black76(4500.0, strike, days / 365, 0.2, 0.05, call=call).price)
                price += 3.0 if (code, call, strike) == ("231018", True, 4450.0) else 0.0
                symbol = f"SPXW{code}{letter}{int(strike * 1000):08d}"
                lines.append(f"{symbol},{max(price - 0.05, 0):.4f},{price + 0.05:.4f},2023-09-14")
    path = tmp_path / "spx.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def call(*args):
    return CliRunner().invoke(cli.app, ["parity", *(str(arg) for arg in args)])


def as_json(*args):
    result = call(*args, "--json")
    assert result.exit_code == 0, result.stderr or result.exception
    return json.loads(result.stdout)


def test_a_box_and_its_sentence(file):
    found = as_json(file)
    assert found["found"] == 1
    (box,) = found["candidates"]
    assert box["legs"][0] == "sell the 4450 call"
    assert box["net"] == pytest.approx(100 * box["edge"] - 4.0)
    said = call(file).stdout
    assert "sell the 4450 call" in said
    assert "Not investment advice" in said


def test_none_is_said_with_the_nearest_miss(file):
    found = as_json(file, "--fee", "100")
    assert found["candidates"] == []
    assert found["nearest"]["net"] < 0.0
    said = call(file, "--fee", "100").stdout
    assert "No conversion, reversal or box pays after costs." in said
    assert "The nearest misses by USD" in said


def test_futures_of_both_kinds(file):
    found = as_json(file, "--vx", "2023-10-18=21.5", "--future", "2023-11-17=4480/4480.25")
    assert "conversion" in {one["kind"] for one in found["candidates"]}
    (bound,) = found["vx"]
    assert bound["net"] > 0.0
    assert (
        "sell the future, buy the variance: 2023-10-18"
        in call(file, "--vx", "2023-10-18=21.5").stdout
    )
    assert "No VIX future stands above" in call(file, "--vx", "2023-10-18=18").stdout
    assert "within reach" in call(file, "--vx", "2025-01-22=18").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--vx", "october=15"], "'october=15' has no date"),
        (["--vx", "2023-10-18=x"], "'x' is not a number"),
        (["--vx", "2023-10-18=-3"], "a future at -3"),
        (["--vx", "builtin"], "the data have no session on 2023-09-14"),
        (["--vx", "/no/such/folder"], "folder"),
        (["--future", "2023-11-18=4500"], "no options expire 2023-11-18"),
        (["--future", "2023-11-17=4500/4400"], "4500 bid, 4400 asked"),
        (["--future", "2023-11-17"], "'' is not a number"),
        (["--dividend", "1.5"], "'1.5' has no date"),
        (["--dividend", "2023-09-15=-1"], "dividend of 2023-09-15"),
        (["--financing", "-0.1"], "financing"),
        (["--fee", "-1"], "costs.option_fee"),
        (["--rate", "nan"], "rate"),
    ],
)
def test_mistakes_are_a_sentence(file, args, said):
    result = call(file, *args)
    assert result.exit_code == 2, result.stdout
    assert said in result.stderr
    assert "Traceback" not in result.stderr
