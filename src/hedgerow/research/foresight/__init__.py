"""Whether a user's signal, step, policy or sleeve knows the future, and how it got to know it."""
