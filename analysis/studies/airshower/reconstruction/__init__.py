"""From calibrated stations to a shower's direction, core, size and energy."""
