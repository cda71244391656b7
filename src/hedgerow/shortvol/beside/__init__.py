"""A book of condors beside itself: alone, and under each hedge, on the same history."""
