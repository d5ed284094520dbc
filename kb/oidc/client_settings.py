"""The registration of this site as a client of an identity provider."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OidcClient:
    """What we are at a provider. `scopes` and `acr` are words; `back` and `out` are where people come back to."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    scopes: str
    acr: str
    back: str
    out: str
