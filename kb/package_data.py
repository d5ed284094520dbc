"""The paths of the files that ship with the program, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """The page templates: inside kb in a wheel, beside it in a checkout."""
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"


def feature_template_dirs() -> dict[str, Path]:
    """The page templates of features, by the name of the feature."""
    folders = sorted((_PACKAGE / "features").glob("*/templates"))
    return {folder.parent.name: folder for folder in folders}


def static_dir() -> Path:
    """Style sheets, fonts and images, served unchanged."""
    return _PACKAGE / "static"


def feature_static_dirs() -> dict[str, Path]:
    """The style sheets, scripts and images of features, by the name of the feature."""
    folders = sorted((_PACKAGE / "features").glob("*/static"))
    return {folder.parent.name: folder for folder in folders}


def locale_dir() -> Path:
    """Message catalogues, by language: `fr/LC_MESSAGES/kb.mo`."""
    return _PACKAGE / "locale"


def samples_dir() -> Path:
    """The sample library of `kb demo`, in the exchange format."""
    return _PACKAGE / "samples"


def texts_dir() -> Path:
    """The texts of the site's pages, in Markdown: `<name>.<language>.md`."""
    return _PACKAGE / "texts"


def help_dir() -> Path:
    """The help, in Markdown: `<name>.<language>.md`."""
    return _PACKAGE / "help"
