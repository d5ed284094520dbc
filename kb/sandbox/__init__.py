"""Subprocesses for texts of strangers, without network and with limits."""
