"""How well seeds are found."""
