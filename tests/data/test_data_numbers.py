import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.data.numbers import Place, to_days, to_floats
from hedgerow.data.quality import RULES, Findings
from hedgerow.errors import DataError

PLACE = Place("file.csv", "close", 2)
days = st.lists(st.dates(dt.date(1928, 1, 1), dt.date(2068, 12, 31)), min_size=1, max_size=30)


@given(days, st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d"]))
def test_dates_round_trip(dates, layout):
    text = pd.Series([d.strftime(layout) for d in dates], dtype="str")
    assert to_days(text, PLACE).tolist() == dates


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=30))
def test_numbers_round_trip(values):
    findings = Findings()
    text = pd.Series([repr(v) for v in values], dtype="str")
    np.testing.assert_array_equal(to_floats(text, PLACE, findings), values)
    assert not findings.rows


@given(st.lists(st.decimals(0, 9999, places=2), min_size=1, max_size=30))
def test_decimal_commas_round_trip(values):
    findings = Findings()
    text = pd.Series([str(v).replace(".", ",") for v in values], dtype="str")
    np.testing.assert_array_equal(to_floats(text, PLACE, findings), [float(v) for v in values])
    assert [f.rule for f in findings.rows] == ["decimal-comma"]


def test_day_first_only_where_month_first_cannot_be():
    month_first = pd.Series(["01/02/2020", "01/13/2020"], dtype="str")
    day_first = pd.Series(["02/01/2020", "13/01/2020"], dtype="str")
    assert to_days(month_first, PLACE).tolist() == to_days(day_first, PLACE).tolist()


@pytest.mark.parametrize("word", ["", ".", "NA", "N/A", "nan", "NULL", "-", "#N/A", " "])
def test_words_for_nothing(word):
    text = pd.Series(["1.5", word], dtype="str")
    values = to_floats(text, PLACE, Findings())
    assert values[0] == 1.5
    assert np.isnan(values[1])


@pytest.mark.parametrize("word", ["abc", "1.2.3", "12a", "1,2,3", "--", "$5", "inf", "-Infinity"])
def test_text_is_refused_with_its_place(word):
    with pytest.raises(DataError, match=r"file.csv, row 3, column close") as caught:
        to_floats(pd.Series(["1.5", word], dtype="str"), PLACE, Findings())
    assert word in str(caught.value)


@pytest.mark.parametrize("words", [["1,234"], ["1,234.5", "1,23"], ["1.234,5", "1,234.5"]])
def test_ambiguous_commas_are_refused(words):
    with pytest.raises(DataError, match="may part decimals or thousands"):
        to_floats(pd.Series(words, dtype="str"), PLACE, Findings())


@pytest.mark.parametrize(
    ("words", "values"),
    [(["1.234,50", "12,5"], [1234.5, 12.5]), (["1,234.5", "2,000"], [1234.5, 2000.0])],
)
def test_what_can_mean_one_thing_only_is_repaired(words, values):
    assert to_floats(pd.Series(words, dtype="str"), PLACE, Findings()).tolist() == values


def test_findings_know_their_rules():
    with pytest.raises(ValueError, match="unknown quality rule"):
        Findings().add("no-such-rule", "…", action="noted")
    assert all(sentence.endswith(".") for sentence in RULES.values())
