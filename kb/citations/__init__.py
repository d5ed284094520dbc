"""Citations: text that lets a reader find a passage and its page again, one file for each style."""
