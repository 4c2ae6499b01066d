"""Shapes of showers, and how well generated ones agree with simulated ones."""
