"""The meaning of a network's outputs: losses, predictions, weights of classes."""
