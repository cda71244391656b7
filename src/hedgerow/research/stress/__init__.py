"""Policies on simulated paths: what they cost and saved over many futures, and which hurt most."""
