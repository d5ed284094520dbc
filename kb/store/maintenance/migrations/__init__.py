"""How a base came to have its tables: forward only, each step in one transaction."""
