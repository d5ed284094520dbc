"""Personal data: what the database holds of a person, and its erasure."""
