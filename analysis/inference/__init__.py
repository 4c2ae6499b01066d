"""Statistics: histograms become a HistFactory workspace, and that a result."""
