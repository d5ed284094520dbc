"""Pages of vocabulary."""
