"""Vocabularies of groups: concepts, imports, changes."""
