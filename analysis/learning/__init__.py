"""Networks: their inputs, training, application and evaluation.

An event's way: fields of events become :class:`~analysis.learning.data.inputs.TrainingInputs` (one file a chunk; room
``data``), those of all chunks SortedInputs (in the order of their identity), FoldedInputs (who learns from which, with
weights and standardisation), DeviceInputs (on the device), and the BatchInputs of one step (room ``training``, with
what ``losses`` make of a network's outputs). Trained networks predict (``application``), are measured
(``evaluation``), compared in a search for settings (``tuning``) and handed to others (``export``). Modules beside the
rooms are settings, which studies hold.
"""
