"""What a desk does by the calendar besides deciding: daily, weekly and monthly duties (spec I)."""
