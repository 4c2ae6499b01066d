"""Figures in the style of the field."""
