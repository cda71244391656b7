"""Prices from numbers: Black–Scholes, smiles, surfaces, replication, futures curves."""
