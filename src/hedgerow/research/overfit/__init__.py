"""Honesty statistics (spec D7): how much of a result is the luck of having tried many.

* :mod:`.sharpe` deflates a Sharpe ratio by the number of trials;
* :mod:`.blocks` reduces the lanes of a sweep to sums by block of bars;
* :mod:`.cscv` finds the probability of backtest overfitting from such sums;
* :mod:`.superior` tests against the fixed hedge and against holding less equity;
* :mod:`.register` counts every trial on the same data;
* :mod:`.luck` and :mod:`.study` put them together for a backtest and for a sweep.
"""
