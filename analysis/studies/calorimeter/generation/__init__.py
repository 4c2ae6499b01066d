"""What networks learn: showers as targets, and events as inputs."""
