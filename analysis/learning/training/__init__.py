"""The training of networks: optimizers, one compiled step, epochs, checkpoints, history."""
