"""Building blocks of tasks: records as targets, workflows over data sets and chunks, and messages to the user."""
