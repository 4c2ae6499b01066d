"""Cuts of the automaton, learned from simulation."""
