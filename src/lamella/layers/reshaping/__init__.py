"""Layers that move entries and compute nothing."""
