"""References in RIS."""
