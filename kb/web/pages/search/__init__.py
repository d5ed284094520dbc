"""The search page, saved searches and suggestions."""
