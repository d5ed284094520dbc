"""Items and what belongs to them."""
