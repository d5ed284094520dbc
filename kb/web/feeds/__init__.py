"""Feeds of every listing."""
