"""The adapter through which Whoosh 2.7.4 reads and writes our segments."""
