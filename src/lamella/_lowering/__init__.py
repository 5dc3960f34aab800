"""How heavy operations become XLA: pure functions of arrays, chosen by platform and shape."""
