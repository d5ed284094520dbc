"""Describe a browser in plain words, from its User-Agent header."""

import re
from collections.abc import Iterable

from kb.translation import Translator

_BROWSERS = (
    # In order: a browser that also names others in its User-Agent comes before those.
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Vivaldi", r"Vivaldi/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chromium", r"Chromium/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Version/.*Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def browser_label(agent: str, translator: Translator) -> str:
    """The browser and its system: "Firefox on Linux". An unknown User-Agent is not repeated."""
    _ = translator.gettext
    browser, system = _first_match(agent, _BROWSERS), _first_match(agent, _SYSTEMS)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    if system:
        return _("A browser on %(system)s", system=system)
    return browser or _("A browser that we do not know")


def _first_match(agent: str, known: Iterable[tuple[str, str]]) -> str:
    return next((name for name, pattern in known if re.search(pattern, agent)), "")
