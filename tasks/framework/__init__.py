"""What tasks are made of: records as targets, workflows over data sets and chunks, and what is told to the user."""
