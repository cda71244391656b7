"""Hedgerow: hedges that scale with the market's state instead of staying fixed."""

__version__ = "0.1.0"
