"""What administrators and the operator do: accounts, site pages, audit log, backups, expired data."""
