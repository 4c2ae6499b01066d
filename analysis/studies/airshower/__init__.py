"""Air showers in an array of water-Cherenkov stations: from raw traces to the depth of shower maximum."""
