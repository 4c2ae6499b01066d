"""The classical triggers of a station, evaluated at every sample."""
