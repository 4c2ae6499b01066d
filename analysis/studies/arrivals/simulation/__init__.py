"""Simulated skies."""
