"""Hedges as strips: sleeves, their sizes, rolls and costs."""
