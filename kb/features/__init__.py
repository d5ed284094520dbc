"""The features, a folder for each: to delete one, delete its folder and its line here."""

from importlib import import_module

from kb.errors import Invalid
from kb.feature import Feature

_FOLDERS: tuple[str, ...] = (
    "digests",
    "diigo",
    "embeds",
    "harvest",
    "history",
    "hypothesis",
    "linkding",
    "mcp",
    "meaning",
    "newsletters",
    "notices",
    "pinboard",
    "quotation",
    "reading",
    "reports",
    "w3c",
    "webhooks",
)

FEATURES: tuple[Feature, ...] = tuple(import_module(f"{__name__}.{folder}").FEATURE for folder in _FOLDERS)
"""Every installed feature, by name."""


def settings_classes() -> tuple[type, ...]:
    """The classes of the settings of all installed features, on or off."""
    return tuple(part for feature in FEATURES if (part := feature.settings))


def features_on(setting: str) -> tuple[Feature, ...]:
    """The features that `KB_FEATURES` switches on: `all`, with names to take away (`all,-harvest`), or only those that
    are named. Raises Invalid for a name of no feature.
    """
    words = setting.replace(",", " ").split()
    names = {feature.name for feature in FEATURES}
    for word in words:
        if word.removeprefix("-") not in names and word != "all":
            known = ", ".join(sorted(names))
            raise Invalid("KB_FEATURES names “%(name)s”; the features are: %(known)s.", name=word, known=known)
    off = {word.removeprefix("-") for word in words if word.startswith("-")}
    only = set(words) - {f"-{name}" for name in off}
    on = names if "all" in only or not only else only
    return tuple(feature for feature in FEATURES if feature.name in on - off)
