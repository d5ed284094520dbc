"""Items, and the values that belong to them."""
