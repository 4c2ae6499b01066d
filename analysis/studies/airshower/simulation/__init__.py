"""Simulated air showers and what a water-Cherenkov array records of them."""
