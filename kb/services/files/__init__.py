"""Files of items: upload, reading, quotas, files that nothing uses."""
