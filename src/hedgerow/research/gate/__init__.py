"""The honesty gate: whether what a backtest claims may be believed."""
