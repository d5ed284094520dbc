"""Actions on many items at once: form, portions, result."""
