"""The Galactic Faraday sky: from rotation measures of extragalactic sources to a map with its uncertainty."""
