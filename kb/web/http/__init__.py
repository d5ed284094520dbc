"""HTTP: request context, endpoint, authentication, conditional requests, locale; its packages have the rest."""
