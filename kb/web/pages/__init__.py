"""One file for each family of pages: a handler, and the frozen page object that its template shows."""
