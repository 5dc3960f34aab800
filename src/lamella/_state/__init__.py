"""Variables, and the one way in which functions of them become pure."""
