"""Events on their way from fields to the arrays of a training step."""
