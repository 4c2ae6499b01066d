"""Simulation of electromagnetic showers and muons in a block of crystals, and of its readout."""
