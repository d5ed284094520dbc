"""Migrations, copies, restores."""
