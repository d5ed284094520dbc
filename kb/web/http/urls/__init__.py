"""Addresses of pages, listings and feeds: from a search to an address and back."""
