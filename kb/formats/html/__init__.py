"""Items as a web page."""
