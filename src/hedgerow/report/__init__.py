"""Read track records, and say what they show: as text, as an explanation, as a page."""
