"""From the raw data of the stations to signals in units of the vertical muon."""
