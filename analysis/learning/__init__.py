"""Networks, training, checkpoints and metrics."""
