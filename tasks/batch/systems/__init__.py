"""The batch systems, each behind the same few questions."""
