"""Runs over history: decide at one close, fill at the next, keep the track record."""
