"""All settings: read once at start, from the environment or the options of the command, and never changed.

A setting is one field of `Settings`: its name, type, default, reader and help are said there. The variable `KB_…`, the
option of `kb`, its help and the variables of child processes are made from it. `docs/configuration.md` has its line,
which `tests/unit/test_docs.py` compares.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from kb.errors import Invalid
from kb.settings import values
from kb.settings.values import ALLOW, INVITED, OFF, ON, REFUSE, is_loopback
from kb.translation import LANGUAGES

PREFIX = "KB_"
DEFAULT_DATA = "kb-data"
DEFAULT_BASE_URL = "http://127.0.0.1:8000"
_LONGEST_SHOWN = 100
"""Characters of a bad value that are shown."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a setting is given: `name` is its field, `default` the default as text, empty if there is none."""

    name: str
    reader: Callable[[str, str], object]
    metavar: str
    summary: str
    default: str
    is_secret: bool

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    def read(self, spelling: str, text: str) -> object:
        """The value; `spelling` is the name that the user wrote. Raises Invalid, which repeats no secret."""
        shown = text if text.isprintable() and len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!a}…"
        return self.reader(spelling if self.is_secret else f"{spelling}={shown}", text)

    @property
    def help(self) -> str:
        """The line of `kb --help`."""
        return f"{self.summary} [{self.variable}{'; ' * bool(self.default)}{self.default}]."


def _setting(
    read: Callable[[str, str], object], metavar: str, summary: str, default: Any = MISSING, *, secret: bool = False
) -> Any:
    """A field of `Settings`. A `secret` is not part of the text of the settings."""
    return field(default=default, repr=not secret, metadata={"reader": read, "metavar": metavar, "summary": summary})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this installation. `docs/configuration.md` explains each.

    Empty is none: without a `mail_url`, no e-mail is sent; without an `oidc_issuer`, there is no login at a provider;
    without a `proxy`, headers that only a proxy should write are ignored. Rates are per minute, 0 for no limit.
    """

    data: Path = _setting(values.folder, "FOLDER", "The data folder, by default ./kb-data")  # noqa: RUF009 - makes a field, as `field` does
    store_url: str = _setting(
        values.store_url, "URL", "The database, by default a SQLite file in the data folder", secret=True
    )
    index_url: str = _setting(values.index_url, "URL", "The search index, by default a folder in the data folder")
    files_url: str = _setting(
        values.files_url, "URL", "Where files are kept, by default a folder in the data folder", "", secret=True
    )
    file_size: int = _setting(values.megabytes, "MB", "The largest file that a member may upload, in MB", 50)
    group_files: int = _setting(
        values.megabytes_or_none, "MB", "What the files of a group may take, in MB; 0 sets no limit", 2000
    )
    scan_command: str = _setting(values.command, "COMMAND", "The virus scanner that reads each file as its input", "")
    features: str = _setting(
        values.feature_names,
        "NAMES",
        "The features that are on: “all”, with “-NAME” all but one, or only those named",
        "all",
    )
    index_memory: int = _setting(values.cache_megabytes, "MB", "Size of the index cache, in MB", 768)
    base_url: str = _setting(values.base_url, "URL", "The public address of the site", DEFAULT_BASE_URL)
    language: str = _setting(values.language, "fr|en", "The language of pages and messages", LANGUAGES[0])
    site_name: str = _setting(values.site_name, "NAME", "The name that pages show", "Florilège")
    mail_url: str = _setting(
        values.mail_url, "URL", "The mail server; prefer the variable: it has a password", "", secret=True
    )
    mail_from: str = _setting(values.mail_from, "ADDRESS", "The sender of e-mail messages", "florilege@localhost")
    rate_read: int = _setting(values.rate, "COUNT", "Pages that a caller may request in a minute", 300)
    rate_write: int = _setting(values.rate, "COUNT", "Forms that a caller may send in a minute", 60)
    bin_days: int = _setting(values.days, "DAYS", "How long removed items stay in the trash", 30)
    log_days: int = _setting(values.days, "DAYS", "How long the audit log keeps its lines", 180)
    time_zone: str = _setting(values.time_zone, "ZONE", "The time zone in which logs show times", "Europe/Paris")
    session_days: int = _setting(values.days, "DAYS", "How long an unused session lasts", 30)
    link_check_days: int = _setting(values.days_or_never, "DAYS", "In how many days all links are checked again", 30)
    oidc_issuer: str = _setting(values.oidc_issuer, "URL", "The issuer of an OpenID Connect provider", "")
    oidc_client_id: str = _setting(values.text, "ID", "The client ID of this site at the provider", "")
    oidc_client_secret: str = _setting(values.text, "SECRET", "The client secret; prefer the variable", "", secret=True)
    oidc_name: str = _setting(values.text, "NAME", "The name of the provider on pages", "")
    oidc_scopes: str = _setting(values.oidc_scopes, "WORDS", "The scopes to request", "openid email profile")
    oidc_acr: str = _setting(values.words, "WORDS", "The accepted values of acr", "")
    oidc_sign_up: str = _setting(
        values.oidc_sign_up, "WHO", "Users that may sign up: invited, everyone, or domains", INVITED
    )
    proxy: str = _setting(values.networks, "NETWORKS", "Networks of trusted reverse proxies", "")
    proxy_login: str = _setting(values.header, "HEADER", "The header in which these proxies send the login", "")
    fetch: str = _setting(values.one_of(ON, OFF), "on|off", "Whether the site fetches pages of other sites", ON)
    fetch_loopback: str = _setting(
        values.one_of(REFUSE, ALLOW), "refuse|allow", "Whether to fetch from 127.0.0.1, for tests only", REFUSE
    )
    fetch_proxy: str = _setting(values.fetch_proxy, "URL", "The HTTP proxy for these fetches", "", secret=True)
    log_format: str = _setting(values.one_of("text", "json"), "text|json", "The format of log lines", "text")
    slow_seconds: float = _setting(values.seconds_or_never, "SECONDS", "After how long a page is logged as slow", 1)
    metrics_token: str = _setting(
        values.secret, "SECRET", "The token that opens /metrics; prefer the variable", "", secret=True
    )
    languages: tuple[str, ...] = LANGUAGES


SETTINGS = tuple(
    Setting(
        setting.name,
        **setting.metadata,
        default="" if setting.default is MISSING else str(setting.default),
        is_secret=not setting.repr,
    )
    for setting in fields(Settings)
    if setting.metadata
)
VARIABLES = tuple(setting.variable for setting in SETTINGS)
"""Every variable that is read."""
_OPTIONS = tuple(setting.option for setting in SETTINGS)


def default_settings_in(data: Path) -> Settings:
    """The defaults, with the database and the index in a folder."""
    folder = Path(os.path.abspath(data))  # noqa: PTH100 - `resolve` would follow links, which an owner may move
    return Settings(folder, f"sqlite:///{folder / 'store.sqlite3'}", f"whoosh:{folder / 'index'}")


def settings_from_environment(environ: Mapping[str, str] | None = None, **options: str | None) -> Settings:
    """The settings of a process: an option if given, else the variable `KB_…`, else the default.

    Options are named as the variables, in lower case without `KB_`. Raises Invalid for an unknown variable or option,
    and for a value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    given = {SETTINGS[0]: (PREFIX + "DATA", DEFAULT_DATA)}
    for variable, value in environ.items():
        if variable.startswith(PREFIX):
            given[_setting_named(variable, VARIABLES)] = (variable, value)
    for name, option in options.items():
        if option is not None:
            spelling = "--" + name.replace("_", "-")
            given[_setting_named(spelling, _OPTIONS)] = (spelling, option)
    read: dict[str, Any] = {setting.name: setting.read(*spelt) for setting, spelt in given.items()}
    defaults = default_settings_in(read["data"])
    settings = Settings(**{"store_url": defaults.store_url, "index_url": defaults.index_url, **read})
    _check_login_settings(settings)
    check_fetching(settings.fetch_loopback, settings.base_url)
    return settings


def settings_environment(settings: Settings) -> dict[str, str]:
    """The variables that give the same settings to another process."""
    return {setting.variable: str(getattr(settings, setting.name)) for setting in SETTINGS}


def check_fetching(loopback: str, base_url: str) -> None:
    """Raise Invalid if pages of this machine would be fetched for users of other machines."""
    if loopback == ALLOW and not is_loopback(base_url):
        raise Invalid(
            "%(name)s=%(value)s is for tests: then %(other)s must be http, at an address of this machine.",
            name="KB_FETCH_LOOPBACK",
            value=ALLOW,
            other="KB_BASE_URL",
        )


def _check_login_settings(settings: Settings) -> None:
    """Raise Invalid for settings that need others."""
    for name, other in (("oidc_client_id", "oidc_issuer"), ("oidc_issuer", "oidc_client_id"), ("proxy", "proxy_login")):
        if getattr(settings, other) and not getattr(settings, name):
            raise Invalid(
                "%(name)s is needed beside %(other)s.", name=PREFIX + name.upper(), other=PREFIX + other.upper()
            )


def _setting_named(spelling: str, known: tuple[str, ...]) -> Setting:
    """The setting that a variable or an option names. Raises Invalid."""
    if spelling not in known:
        raise Invalid("%(name)s is not a setting: there are %(known)s.", name=spelling, known=", ".join(known))
    return SETTINGS[known.index(spelling)]
