"""Comparison of two results: what was different in their making, and what that changed."""
