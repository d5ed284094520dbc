"""Followed searches: what they find for the first time is new."""
