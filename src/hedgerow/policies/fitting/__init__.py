"""Fits of signals to the past: counts, likelihoods and what is solved from them."""
