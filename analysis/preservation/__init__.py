"""Preservation: a study as one file that proves its numbers."""
