"""Requests that write: checks before the body is read, one transaction, once for each key."""
