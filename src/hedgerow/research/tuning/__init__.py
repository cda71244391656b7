"""Tuning and what it is worth: walk-forward, combinatorial cross-validation, search, surface."""
