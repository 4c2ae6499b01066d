"""A study to begin with: a template, and what writes it."""
