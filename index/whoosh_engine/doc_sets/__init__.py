"""Sets of documents: candidates, accessible documents, document frequencies."""
