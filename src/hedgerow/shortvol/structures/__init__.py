"""Structures against a short-volatility book: read it, hedge it by name, compare, plan."""
