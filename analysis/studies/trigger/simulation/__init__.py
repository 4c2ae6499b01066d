"""Simulated signals of stations: continuous background, and air showers."""
