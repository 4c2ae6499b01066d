"""Simulated traces of air showers, refined until they look like those of a detector that has aged."""
