"""Repositories of users, accounts, credentials and invitations."""
