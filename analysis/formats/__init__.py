"""How records are kept: one module a format; see :mod:`analysis.formats.format`."""
