"""Imports and exports of items, by the operator and by members."""
