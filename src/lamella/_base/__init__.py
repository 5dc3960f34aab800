"""The ground floor: what the rest of lamella stands on. Knows Python, NumPy and JAX only."""
