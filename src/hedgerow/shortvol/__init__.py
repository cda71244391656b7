"""Hedging a short-volatility book: condors, what hedges them, the adaptive layered VIX hedge."""
