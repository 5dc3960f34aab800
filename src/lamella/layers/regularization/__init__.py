"""Layers that act while training only: noise, dropout, costs of activity."""
