"""The network's trigger: what it sees at each sample, how it learns, and what it says of traces."""
