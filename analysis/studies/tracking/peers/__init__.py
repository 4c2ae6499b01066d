"""Seeders of ACTS."""
