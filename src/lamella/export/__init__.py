"""Files of a model's inference that run without lamella: ONNX and StableHLO."""

from lamella.export.api import export_model as export_model
