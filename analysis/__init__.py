"""Physics, statistics and machine learning, as functions of arrays. Knows neither law nor luigi."""
