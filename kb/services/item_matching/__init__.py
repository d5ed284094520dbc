"""Match a record of a file to an item of the database."""
