"""Lists of items and passages, and press reviews made from them."""
