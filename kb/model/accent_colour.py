"""The accent colour of the site: read from a form, and made readable on the light and the dark page.

Contrast and luminance as in WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

import colorsys
import re
from dataclasses import dataclass

from kb.errors import Invalid

DEFAULT_ACCENT = "#0d5c49"
"""The accent of the style sheet on the light page."""
LIGHT_PAPER, DARK_PAPER = "#fcfaf5", "#171613"
"""The backgrounds of the style sheet."""
LEAST_CONTRAST = 4.5
"""Of text with its background (WCAG 1.4.3, AA); links and buttons have the accent colour."""
_HEX_COLOUR = re.compile(r"#[0-9a-f]{6}")
_STEPS = 100


@dataclass(frozen=True, slots=True)
class AccentColours:
    """The accent as `#rrggbb` on the light and on the dark page."""

    light: str
    dark: str


def checked_colour(text: str) -> str:
    """A colour as `#rrggbb`, in lower case. Raises Invalid."""
    colour = text.strip()[:20].lower()
    if not _HEX_COLOUR.fullmatch(colour):
        raise Invalid("A colour is a # with six digits from 0 to 9 and a to f, such as #0d5c49.")
    return colour


def accent_colours(colour: str) -> AccentColours:
    """The colour itself where it is readable; else the nearest lightness of its hue that is."""
    return AccentColours(_readable(colour, LIGHT_PAPER), _readable(colour, DARK_PAPER))


def contrast(colour: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, paper: str) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    end = 1.0 if _luminance(paper) < _luminance("#808080") else 0.0
    for step in range(_STEPS + 1):
        candidate = colour if step == 0 else _hex(hue, lightness + (end - lightness) * step / _STEPS, saturation)
        if contrast(candidate, paper) >= LEAST_CONTRAST:
            return candidate
    # Black on light and white on dark paper have more than enough contrast.
    return "#ffffff" if end else "#000000"


def _hex(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in colorsys.hls_to_rgb(hue, lightness, saturation))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
