"""Background tasks: their supervision and their state."""
