"""Exchange of networks: folders that are published, what they say of themselves, and an index of many."""
