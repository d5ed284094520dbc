"""Subprocesses for untrusted input, without network and with limits."""
