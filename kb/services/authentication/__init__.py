"""Who sends a request: sessions, tokens, passwords, device cookies and the limits on wrong passwords."""
