"""Citations: what to write so that a reader finds the passage and the page again, one file for each style."""
