"""What is known of the detector: its modules, its layers and where the beams meet."""
