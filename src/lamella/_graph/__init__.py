"""The symbolic graph: tensors without values, and the calls that made them."""
