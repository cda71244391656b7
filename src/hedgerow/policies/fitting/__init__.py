"""Estimators of the fitted rules: arrays in, parameters out (spec A9, A12, A14, C6).

Each looks at what it is given and at nothing else; which rows that may be, the signals decide.
"""
