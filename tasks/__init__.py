"""The graph: tasks that load, call the physics of ``analysis`` and save. Knows law; knows no physics."""
