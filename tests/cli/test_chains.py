"""``chain`` and ``vix`` from the outside."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.chain_made import flat_chain
from cli.console import as_json, call
from cli.fuzz import WORDS, refused_or_told
from hedgerow.cli.output import save_picture
from hedgerow.errors import RangeError


@pytest.fixture
def file(tmp_path):
    """A chain of two Friday expiries around 30 days, flat at 20 %, as a plain CSV."""
    return flat_chain(tmp_path / "spx.csv")


def test_vix(file):
    found = as_json("vix", file)
    assert found["vix"] == pytest.approx(20.0, abs=0.05)
    assert found["comparable"]
    assert [term["expiry"] for term in found["terms"]] == ["2023-10-13", "2023-10-20"]
    assert found["forward_variance"] == pytest.approx(0.04, abs=0.0005)
    said = call("vix", file)
    assert said.stdout.startswith("VIX 20.0")
    given = as_json("vix", file, "--rate", "0.05")
    assert [term["rate"] for term in given["terms"]] == [0.05, 0.05]


def test_check_and_show(file):
    found = as_json("chain", "check", file)
    assert found["kept"] == found["contracts"]
    assert {row["rule"] for row in found["quality"]["findings"]} == {"quote-zero-bid"}
    assert "row" in call("chain", "check", file).stdout
    shown = as_json("chain", "show", file)
    assert [row["forward"] for row in shown["expiries"]] == pytest.approx([4500.0] * 2, abs=0.01)
    assert [row["rate"] for row in shown["expiries"]] == pytest.approx([0.05] * 2, abs=0.001)
    assert "4,500.0" in call("chain", "show", file).stdout


def test_fit(file):
    found = as_json("chain", "fit", file)
    assert found["arbitrage"]["free"]
    assert [row["atm_vol"] for row in found["expiries"]] == pytest.approx([20.0] * 2, abs=0.01)
    assert all(row["inside"] > 0.9 for row in found["expiries"])
    said = call("chain", "fit", file).stdout
    assert "Arbitrage left: none" in said
    assert "4,500.0" in said


def test_picture(file, tmp_path):
    place = tmp_path / "smiles.svg"
    assert call("chain", "fit", file, "--picture", place).exit_code == 0
    root = ElementTree.fromstring(place.read_text("utf-8"))
    names = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "2023-10-13 PM, 29 days" in names
    assert "2023-10-20 PM, 36 days" in names
    refused = call("chain", "fit", file, "--picture", tmp_path)
    assert refused.exit_code == 2
    assert "this is a folder" in refused.stderr


def test_a_picture_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RangeError, match="the picture cannot be written"):
        save_picture(tmp_path / "file" / "smiles.svg", "<svg/>")


def test_mistakes_are_one_sentence(file, tmp_path):
    text = file.read_text().splitlines()
    name, bid, rest = text[3].split(",", 2)
    text[3] = f'{name},"{bid.replace(".", ",")}",{rest}'
    file.write_text("\n".join(text), "utf-8")
    for args, words in (
        (["vix", tmp_path / "none.csv"], "no such file"),
        (["vix", file], "row 4, column bid"),
        (["chain", "check", file, "--column", "bid"], "names no column"),
        (["chain", "show", file, "--column", "bidd=x"], "no header of an option chain"),
    ):
        result = call(*args)
        assert result.exit_code == 2
        assert words in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.realdata
@pytest.mark.parametrize(("date", "published"), [("2023-09-14", 12.82), ("2022-06-11", 27.75)])
def test_published_vix(real_data, date, published):
    found = as_json("vix", real_data / "option_chains" / f"spx_cboe_{date}.csv")
    assert found["vix"] == pytest.approx(published, abs=0.5)
    assert found["comparable"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A few strikes of the flat chain: enough for every command."""
    path = flat_chain(tmp_path_factory.mktemp("chains") / "spx.csv")
    head, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *rows[::10]]) + "\n", "utf-8")
    return path


COMMANDS = (["chain", "check"], ["chain", "show"], ["chain", "fit"], ["vix"], ["parity"])
SHARED = ("--rate", "--date", "--time", "--column")
OWN = {
    "fit": ("--days",),
    "parity": ("--fee", "--financing", "--top", "--future", "--dividend", "--vx"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@settings(max_examples=40)
@given(st.data())
def test_any_words_for_an_option(small, command, data) -> None:
    names = [*SHARED, *OWN.get(command[-1], ())]
    options = data.draw(st.dictionaries(st.sampled_from(names), WORDS, min_size=1, max_size=2))
    refused_or_told([*command, str(small), *(f"{key}={word}" for key, word in options.items())])
