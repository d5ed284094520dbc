"""What pages are built from: rendering, fragments, forms, headers."""
