"""The processes of `kb serve`."""
