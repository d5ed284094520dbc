"""Actions on several items: bulk changes, moves, copies, merged duplicates."""
