"""References in CSL-JSON."""
