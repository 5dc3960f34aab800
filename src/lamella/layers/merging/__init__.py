"""Layers of several inputs: sums, products, joins."""
