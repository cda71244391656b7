"""``curve`` from the outside."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cli.console import as_json, bad, good

HEAD = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
DAYS = ("2020-01-02", "2020-01-03", "2020-01-06")


@pytest.fixture
def folder(tmp_path):
    """Three sessions, two monthlies and a weekly."""
    place = tmp_path / "data"
    place.mkdir()
    spx = [f"{day},3250.0" for day in DAYS]
    (place / "spx.csv").write_text("\n".join(["Date,Close", *spx]) + "\n", "utf-8")
    vix = [f"{day},14.0" for day in DAYS]
    (place / "VIX.csv").write_text("\n".join(["Date,Close", *vix]) + "\n", "utf-8")
    (place / "VIX3M.csv").write_text("\n".join(["Date,Close", *vix]) + "\n", "utf-8")
    for name, settle in (("2020-01-22", 15.0), ("2020-01-29", 15.4), ("2020-02-19", 16.4)):
        rows = [f"{day},X,0,0,0,{settle},{settle},0,9,0,0" for day in DAYS[:2]]
        (place / f"VX_{name}.csv").write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    return place


def test_json_has_every_number_of_the_table(folder):
    found = as_json("curve", "--data", folder, "--date", "2020-01-03")
    assert set(found) == {
        "date", "vix", "vix_origin", "modelled", "slope", "contracts", "constant_maturities",
        "indices", "forwards", "quality",
    }  # fmt: skip
    assert found["date"] == "2020-01-03"
    assert (found["vix"], found["vix_origin"], found["modelled"]) == (14.0, "measured", False)
    front, weekly, second = found["contracts"]
    assert front == {
        "code": "VX/F0",
        "kind": "monthly",
        "settlement": "2020-01-22",
        "days": 19,
        "settle": 15.0,
        "basis": 1.0,
        "roll_down": pytest.approx(-1 / 19),
        "roll_down_usd": pytest.approx(-1000 / 19),
        "roll_yield": pytest.approx(-365 / 19 / 15),
        "origin": "measured",
    }
    assert weekly["kind"] == "weekly"
    assert second["roll_down"] == pytest.approx(-1.4 / 28)
    assert found["slope"] == pytest.approx(16.4 / 15 - 1)
    month, two, *_ = found["constant_maturities"]
    assert month["between"] == ["VX/F0", "VX/G0"]
    assert month["points"] == pytest.approx(15.0 + 1.4 * 11 / 28)
    assert two == {"months": 2, "points": None, "between": ["VX/G0"]}
    assert [row["months"] for row in found["constant_maturities"]] == [1, 2, 3, 4, 5, 6]
    assert found["indices"] == [
        {"name": "vix", "days": 30.0, "points": 14.0},
        {"name": "vix3m", "days": 93.0, "points": 14.0},
    ]
    assert found["forwards"] == [{"from": "vix", "to": "vix3m", "points": pytest.approx(14.0)}]


def test_the_table_says_the_same(folder):
    said = good("curve", "--data", folder, "--date", "2020-01-05")
    assert said.startswith("VIX futures, 2020-01-03: VIX 14.00, contango (F2/F1 9.3%)")
    assert "2020-01-05 is no session of the data" in said
    assert "VX04/F0   weekly" in said
    assert "−$53" in said
    assert "VX/F0 and VX/G0" in said
    assert "no price" in said
    assert "MODELLED" not in said


def test_a_folder_without_futures_gives_a_labelled_model(folder):
    for file in folder.glob("VX_*.csv"):
        file.unlink()
    found = as_json("curve", "--data", folder)
    assert found["modelled"]
    assert {row["origin"] for row in found["contracts"]} == {"modelled"}
    assert len(found["contracts"]) == 8
    said = good("curve", "--data", folder)
    assert said.startswith("VIX futures, modelled")
    assert "MODELLED" in said


def test_a_session_without_a_quoted_future_is_modelled_too(folder):
    assert as_json("curve", "--data", folder)["date"] == "2020-01-03"
    assert as_json("curve", "--data", folder, "--date", "2020-01-06")["modelled"]


def test_the_builtin_data_say_that_vix_is_modelled():
    found = as_json("curve", "--date", "2008-10-10")
    assert (found["modelled"], found["vix_origin"]) == (True, "modelled")
    assert found["slope"] < 0.0
    assert "VIX (modelled)" in good("curve", "--date", "2008-10-10")


def test_picture(folder, tmp_path):
    place = tmp_path / "out" / "curve.svg"
    good("curve", "--data", folder, "--picture", place)
    root = ElementTree.fromstring(place.read_text("utf-8"))
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "VIX futures, 2020-01-03: VIX 14.00, contango (F2/F1 9.3%)" in words
    assert "this is a folder" in bad("curve", "--data", folder, "--picture", tmp_path)


def test_mistakes_are_one_sentence(folder, tmp_path):
    assert "'03.01.2020' is not a date" in bad("curve", "--data", folder, "--date", "03.01.2020")
    outside = bad("curve", "--data", folder, "--date", "1985-05-06")
    assert "outside the data" in outside
    assert "2020-01-02" in outside
    assert "does not exist" in bad("curve", "--data", tmp_path / "none")


@pytest.mark.realdata
def test_the_published_curve_of_the_crash(real_data):
    found = as_json("curve", "--data", real_data, "--date", "2020-03-16")
    assert found["vix"] == 82.69
    by_code = {row["code"]: row for row in found["contracts"]}
    assert by_code["VX/K0"]["settle"] == pytest.approx(44.9, abs=0.05)
    assert by_code["VX/K0"]["roll_down_usd"] > 0.0
    assert {row["name"]: row["points"] for row in found["indices"]}["vix3m"] == 67.70
    assert found["slope"] < -0.15
