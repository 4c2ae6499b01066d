"""What made a result: fingerprints of code, keys, records and the store they lie in."""
