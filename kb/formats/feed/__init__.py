"""Feeds in RSS, Atom and JSON Feed, and our Atom archive."""
