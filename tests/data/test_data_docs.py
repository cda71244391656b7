import tomllib

import pytest

from hedgerow.data.fetch import BASE_URLS
from hedgerow.data.quality import RULES
from hedgerow.data.tables import ALIASES


@pytest.fixture
def page(repo):
    return (repo / "docs/data.md").read_text("utf-8")


def test_the_page_lists_every_rule_in_its_words(page):
    for rule, sentence in RULES.items():
        assert f"| `{rule}` | {sentence} |" in page


def test_the_page_names_every_column(page):
    for column in {*ALIASES.values(), "vx1", "vx8_expiry", "vx_final", "rate", "dividend_yield"}:
        wanted = column.upper() if column in {"dff", "dgs3mo"} else column
        assert f"`{wanted}`" in page


def test_the_sample_of_addresses_is_right(page):
    sample = page.split("```toml\n")[1].split("```")[0]
    assert set(tomllib.loads(sample)["urls"]) == set(BASE_URLS)


def test_the_sample_code_runs(page, capsys):
    exec(page.split("```python\n")[1].split("```")[0], {})
    assert "modelled" in capsys.readouterr().out
