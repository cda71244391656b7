"""A made chain that the command line reads: two Friday expiries, flat at 20 %."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hedgerow.pricing.black import black76


def flat_chain(path: Path) -> Path:
    """Write SPXW quotes around 30 days: forward 4,500, volatility 20 %, rate 5 %."""
    lines = ["option,bid,ask,date"]
    for code, days in (("231013", 29), ("231020", 36)):
        strike = np.arange(2500.0, 7010.0, 10.0)
        for right, letter in ((True, "C"), (False, "P")):
            price = black76(4500.0, strike, days / 365, 0.2, 0.05, call=right).price
            lines += [
                f"SPXW{code}{letter}{int(k * 1000):08d},{max(p - 0.05, 0):.4f},{p + 0.05:.4f},"
                "2023-09-14"
                for k, p in zip(strike, price, strict=True)
            ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
