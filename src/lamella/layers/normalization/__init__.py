"""Normalization: over the batch, over features, over groups."""
