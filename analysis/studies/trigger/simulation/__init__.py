"""What a station sees all the time, background muons, and what it is there for, air showers."""
