"""Space points and their seeds."""
