"""Limits on requests: rates, bodies, threads shared fairly between callers."""
