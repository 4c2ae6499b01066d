"""Networks that generate showers, and their inputs and targets."""
