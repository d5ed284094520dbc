"""The look of the site on every page: its logo, and the style sheet with its accent colour."""

from dataclasses import dataclass
from hashlib import blake2b

from kb.model.accent_colour import DARK_PAPER, LIGHT_PAPER, accent_colours
from kb.services.core.site_identity import SiteIdentity

HEADER_LOGO_HEIGHT = 32
"""CSS pixels."""


@dataclass(frozen=True, slots=True)
class LogoImage:
    """The address of the logo, and its size in the header, in CSS pixels."""

    address: str
    width: int
    height: int


def logo_of(identity: SiteIdentity) -> LogoImage | None:
    """The logo as the header shows it; None without one."""
    if not identity.logo:
        return None
    width = round(HEADER_LOGO_HEIGHT * identity.logo_width / max(1, identity.logo_height))
    return LogoImage(f"/logo.png?v={identity.logo}", max(1, width), HEADER_LOGO_HEIGHT)


def theme_address(identity: SiteIdentity) -> str:
    """The address of the style sheet with the accent colour; empty for the accent of the program."""
    return f"/theme.css?v={theme_version(identity)}" if identity.accent else ""


def theme_version(identity: SiteIdentity) -> str:
    """A hash of the style sheet."""
    return blake2b(theme_css(identity).encode(), digest_size=6).hexdigest()


def theme_css(identity: SiteIdentity) -> str:
    """The style sheet; empty for the accent of the program."""
    if not identity.accent:
        return ""
    colours = accent_colours(identity.accent)
    return (
        f":root{{--accent:{colours.light};--on-accent:{LIGHT_PAPER}}}"
        "@media (prefers-color-scheme:dark){"
        f":root{{--accent:{colours.dark};--on-accent:{DARK_PAPER}}}}}"
    )
