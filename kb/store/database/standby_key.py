"""The key in `Connection.info` of SQLAlchemy that says whether the server of a connection is a standby."""

IS_STANDBY = "is_standby"
"""Whether the server is a standby. SQLite says nothing."""
