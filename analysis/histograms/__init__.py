"""Histograms of events, and what holds them."""
