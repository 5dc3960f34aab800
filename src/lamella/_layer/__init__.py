"""The base class of all layers, and its parts."""
