"""The layered hedge on bars of any length: a sold condor, shares of a volatility fund, a replay."""
