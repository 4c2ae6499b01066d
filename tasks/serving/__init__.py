"""The page of what runs and what there is: what it shows, and the server on loopback that shows it."""
