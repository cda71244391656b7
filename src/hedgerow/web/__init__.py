"""The dashboard: pages, their live updates, and who may see and do what."""
