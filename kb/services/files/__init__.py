"""Items: creation, changes, views, the reading list, related items."""
