"""Recurrent layers, their cells, and the wrappers for sequences."""
