"""The measured events, and what the observatory sees of the sky."""
