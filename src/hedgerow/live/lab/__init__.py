"""Trying other numbers: forms of the catalogue, and backtests in the background."""
