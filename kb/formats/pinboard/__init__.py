"""Exports of Pinboard in JSON."""
