"""Which item of the database a record of a file is."""
