"""Parts shared by the pages: rendering, fragments, forms, headers."""
