"""The registration of this site as a client of an identity provider."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OidcClient:
    """Our site as a client of a provider. `scopes` and `acr` are lists of words; users return to `back` and `out`."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    scopes: str
    acr: str
    back: str
    out: str
