"""The pages that export items."""
