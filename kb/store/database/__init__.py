"""The database: engine, locks, driver errors, clock."""
