"""HTTP: request context, authentication, CSRF, conditional requests, limits."""
