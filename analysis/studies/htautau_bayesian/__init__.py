"""The networks of htautau beside a Bayesian one: whether their probabilities are frequencies, and what they know."""
