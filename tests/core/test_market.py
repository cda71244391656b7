"""A market as a value: sent to another process, it is the same market."""

from __future__ import annotations

import pickle

import numpy as np

from synthetic import market


def test_a_market_sent_to_another_process_is_the_same():
    sent = market(50)
    got = pickle.loads(pickle.dumps(sent))
    assert got.digest() == sent.digest()
    assert got.sources == sent.sources
    assert got.findings == sent.findings
    assert not got["spx"].flags.writeable
    assert np.array_equal(got.until(10)["vix"], sent.until(10)["vix"])
