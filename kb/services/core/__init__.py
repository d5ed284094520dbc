"""What all use cases share: the library, write transactions, idempotency, pagination, the audit log."""
