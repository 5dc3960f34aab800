"""Pooling: over windows, and over all places at once."""
