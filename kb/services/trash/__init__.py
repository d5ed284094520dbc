"""Removal of items and annotations into the trash, and restoration."""
