"""Writing: buffers, segments, merges."""
