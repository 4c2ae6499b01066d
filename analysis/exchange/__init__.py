"""Exchange of networks: folders that were published, and what others do with them."""
