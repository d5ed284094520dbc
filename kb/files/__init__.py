"""Files of the library, outside the database: the pages and documents that belong to items, by content address."""
