"""A cellular automaton that finds seeds of tracks, in JAX: pure functions of arrays."""
