"""Mentions of users in texts."""
