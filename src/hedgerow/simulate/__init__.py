"""Simulated markets: models of the index, VIX and its relatives, and their paths."""
