"""Compiling, the pure steps, and the one loop that fit, evaluate and predict share."""
