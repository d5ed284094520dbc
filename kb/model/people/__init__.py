"""Users, accounts and groups."""
