"""Results for readers: one static page, and tables for HEPData."""
