"""A station's trigger: a quantised network beside threshold and time over threshold, at the same rate."""
