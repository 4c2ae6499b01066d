"""The study ``transfer``: a published network, tuned on another detector."""
