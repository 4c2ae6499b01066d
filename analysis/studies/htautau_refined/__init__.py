"""The study htautau with features of simulated events refined where there is nearly nothing but W bosons and jets."""
