"""Trained networks and what they predict."""
