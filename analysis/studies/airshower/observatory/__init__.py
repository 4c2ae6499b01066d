"""A simulated observatory: what its surface detector measures with the networks, and what its hybrid events add."""
