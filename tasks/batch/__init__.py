"""Jobs of batch systems: what they need, where they run, how they are followed."""
