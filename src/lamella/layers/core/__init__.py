"""Input, Dense and the other layers that models start from."""
