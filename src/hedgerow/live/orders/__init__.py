"""Orders with approval: proposed, limited, let go by a person, sent in their window, reported."""
