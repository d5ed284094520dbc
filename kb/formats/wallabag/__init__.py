"""Exports of wallabag in JSON."""
