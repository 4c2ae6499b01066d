"""Calibration of the detector: its modules, its layers and the beam spot."""
