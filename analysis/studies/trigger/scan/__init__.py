"""Networks of several sizes and bit widths: what they keep, and what they take of a chip."""
