"""The name, the logo and the accent colour of the site: those of its administrators, else those of the settings."""

import json
from base64 import b64decode
from dataclasses import asdict, dataclass, replace
from typing import Any

from kb.services.core.library import Library
from kb.settings import Settings
from kb.store import ReadSnapshot

IDENTITY_KEY = "site-identity"
"""In the metadata of the database: the identity as JSON."""
LOGO_KEY = "site-logo"
"""The logo as PNG, in base64."""
CHANGED_KEY = "site-identity.changed-at"
"""When the identity last changed, as the database writes instants: feeds carry the name of the site."""


@dataclass(frozen=True, slots=True)
class SiteIdentity:
    """`accent` is a colour as `#rrggbb`, empty for that of the style sheet. `logo` is the hash of the image, empty
    without one; its size is in pixels.
    """

    name: str = ""
    accent: str = ""
    logo: str = ""
    logo_width: int = 0
    logo_height: int = 0

    def as_json(self) -> str:
        """The form in which the database stores it."""
        return json.dumps(asdict(self))


def stored_identity(reading: ReadSnapshot) -> SiteIdentity:
    """What administrators have set; empty for what they have not."""
    stored: dict[str, Any] = json.loads(reading.meta.get(IDENTITY_KEY) or "{}")
    return SiteIdentity(**stored)


def site_identity(library: Library) -> SiteIdentity:
    """The identity that pages show, with the name of the settings as default."""
    with library.store.read() as reading:
        return shown_identity(reading, library.settings)


def shown_identity(reading: ReadSnapshot, settings: Settings) -> SiteIdentity:
    """As `site_identity`, in a transaction."""
    stored = stored_identity(reading)
    return replace(stored, name=stored.name or settings.site_name)


def stored_logo(reading: ReadSnapshot) -> bytes:
    """The logo as PNG; empty without one."""
    return b64decode(reading.meta.get(LOGO_KEY) or "")


def site_logo(library: Library) -> bytes:
    """The logo as PNG; empty without one."""
    with library.store.read() as reading:
        return stored_logo(reading)


def site_name(reading: ReadSnapshot, settings: Settings) -> str:
    """The name of the site, in a transaction."""
    return stored_identity(reading).name or settings.site_name
