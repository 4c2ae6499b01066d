"""Trained networks for readers who have none of this project's code: StableHLO, ONNX and a model card."""
