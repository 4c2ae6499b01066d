"""Efficiency, fakes and duplicates of seeders."""
