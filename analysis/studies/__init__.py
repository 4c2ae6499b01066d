"""The studies that come with the framework: one package each."""
