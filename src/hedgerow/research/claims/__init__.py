"""The quantitative claims of the source text 001, each measured on the user's data (spec F)."""
