"""Accounts: creation, settings, one-time links, OpenID Connect, personal data export, deletion."""
