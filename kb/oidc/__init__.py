"""Login with an identity provider by OpenID Connect Core 1.0: requests to the provider, and checks of its answers."""
