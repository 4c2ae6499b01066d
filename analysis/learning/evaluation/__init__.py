"""Performance of trained networks, on events that they were not trained on."""
