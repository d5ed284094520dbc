"""The migrations of the database: forward only, each in one transaction."""
