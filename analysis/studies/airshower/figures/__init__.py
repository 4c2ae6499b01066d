"""The study's own figures."""
