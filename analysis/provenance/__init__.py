"""Provenance of results: fingerprints of code, keys, records and the store they lie in."""
