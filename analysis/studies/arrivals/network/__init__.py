"""The dynamic graph network on the sphere."""
