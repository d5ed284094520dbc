"""What portals harvest: the items that everyone may read, by sets and dates."""
