"""Published numbers: parametrisations of air showers, and what the Pierre Auger Observatory measured."""
