"""The law: markets, books, steps and policies, and the carriages they run in."""
