"""Questions asked of runs: comparisons, statistics, sweeps and tests of honesty."""
