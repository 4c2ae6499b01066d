"""Simulated collisions: particles of this project, the detector of ACTS."""
