"""Steps around every request: headers, log lines, figures."""
