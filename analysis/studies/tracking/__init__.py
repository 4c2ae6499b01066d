"""Seeds of tracks in a pixel detector, by a cellular automaton; simulation and its peers are those of ACTS."""
