"""One module for each group of related pages: handlers, and the frozen page object that the template shows."""
