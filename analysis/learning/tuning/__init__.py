"""The search for the best hyperparameters."""
