"""Signing in at a provider of identities, by OpenID Connect Core 1.0: what is asked of it, and what is believed."""
