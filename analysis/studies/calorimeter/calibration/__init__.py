"""Calibration of the channels from a simulated test beam."""
