"""Reading and writing events, and where public data come from."""
