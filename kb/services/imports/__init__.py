"""Imports of items, by the operator and by members; exports by the operator."""
