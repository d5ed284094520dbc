"""Answers to programs that harvest: OAI-PMH, unAPI and SRU."""
