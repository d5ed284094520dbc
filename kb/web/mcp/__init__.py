"""The Model Context Protocol (MCP): assistants search, read, save and annotate with the rights of their user."""
