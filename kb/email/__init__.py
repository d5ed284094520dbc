"""E-mail: give messages to a mail server."""
