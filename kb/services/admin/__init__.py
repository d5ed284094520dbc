"""Actions of administrators and of the operator: accounts, site pages, audit log, backups, expired data."""
