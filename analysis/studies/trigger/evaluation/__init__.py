"""Rates of triggers, and how efficient they are at the same rate."""
