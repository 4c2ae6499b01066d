"""Checks of a study: its names, its steps' arguments, what its steps are given and what they give back."""
