"""Formats of records: one module a format; see :mod:`analysis.formats.format`."""
