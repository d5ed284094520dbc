"""Search, suggestions, saved searches, and the freshness of feeds."""
