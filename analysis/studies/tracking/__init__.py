"""The study ``tracking``: seeds of tracks, linear in pile-up."""
