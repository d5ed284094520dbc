"""Use cases: one function is one use case and one transaction. They ask for rights before they act."""
