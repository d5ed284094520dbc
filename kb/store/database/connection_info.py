"""Names in `Connection.info` of SQLAlchemy, under which a connection says more of its server."""

IS_STANDBY = "is_standby"
"""Whether the server is a standby. SQLite says nothing."""
