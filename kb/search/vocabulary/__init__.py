"""Labels of vocabularies in queries and texts."""
