"""Keeping a running book: users, copies, alerts, figures, logs, health."""
