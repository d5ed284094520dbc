"""Pages of other sites, fetched in the background; the link checker."""
