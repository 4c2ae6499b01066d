"""Catalogues of candidate sources, and the tests with them that are published."""
