"""All settings: read once at start, from the environment or the options of the command, and never changed.

A setting is one field of `Settings`, or of the settings of a feature, a frozen dataclass of the same form whose fields
all have defaults: its name, type, default, reader and help are said there. The variable `KB_…`, the option of `kb`, its
help and the variables of child processes are made from it. `docs/configuration.md` has its line, which
`tests/unit/test_docs.py` compares.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from kb.errors import Invalid
from kb.settings import values
from kb.settings.values import ALLOW, INVITED, OFF, ON, REFUSE, is_loopback
from kb.translation import LANGUAGES

PREFIX = "KB_"
DEFAULT_DATA = "kb-data"
DEFAULT_BASE_URL = "http://127.0.0.1:8000"
_LONGEST_SHOWN = 100
"""Characters of a bad value that are shown."""
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a setting is given: `name` is its field in the class `owner`, `default` the default as text, empty if there
    is none.
    """

    owner: type
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


def setting(
    read: Callable[[str, str], object], metavar: str, summary: str, default: Any = MISSING, *, secret: bool = False
) -> Any:
    """A field of `Settings`, or of those of a feature. A `secret` is not part of the text of the settings."""
    return field(default=default, repr=not secret, metadata={"reader": read, "metavar": metavar, "summary": summary})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this installation. `docs/configuration.md` explains each.

    Empty is none: without a `mail_url`, no e-mail is sent; without an `oidc_issuer`, there is no login at a provider;
    without a `proxy`, headers that only a proxy should write are ignored. Rates are per minute, 0 for no limit.
    """

    data: Path = setting(values.folder, "FOLDER", "The data folder, by default ./kb-data")  # noqa: RUF009 - makes a field, as `field` does
    store_url: str = setting(
        values.store_url, "URL", "The database, by default a SQLite file in the data folder", secret=True
    )
    index_url: str = setting(values.index_url, "URL", "The search index, by default a folder in the data folder")
    files_url: str = setting(
        values.files_url, "URL", "Where files are kept, by default a folder in the data folder", "", secret=True
    )
    file_size: int = setting(values.megabytes, "MB", "The largest file that a member may upload, in MB", 50)
    group_files: int = setting(
        values.megabytes_or_none, "MB", "What the files of a group may take, in MB; 0 sets no limit", 2000
    )
    scan_command: str = setting(values.command, "COMMAND", "The virus scanner that reads each file as its input", "")
    features: str = setting(
        values.feature_names,
        "NAMES",
        "The features that are on: “all”, with “-NAME” all but one, or only those named",
        "all",
    )
    index_memory: int = setting(values.cache_megabytes, "MB", "Size of the index cache, in MB", 768)
    base_url: str = setting(values.base_url, "URL", "The public address of the site", DEFAULT_BASE_URL)
    language: str = setting(values.language, "fr|en", "The language of pages and messages", LANGUAGES[0])
    site_name: str = setting(values.site_name, "NAME", "The name that pages show", "Florilège")
    mail_url: str = setting(
        values.mail_url, "URL", "The mail server; prefer the variable: it has a password", "", secret=True
    )
    mail_from: str = setting(values.mail_from, "ADDRESS", "The sender of e-mail messages", "florilege@localhost")
    dkim_key_file: str = setting(values.text, "FILE", "The private key that signs e-mail messages (DKIM)", "")
    dkim_selector: str = setting(values.text, "NAME", "The selector of this key in the DNS", "florilege")
    dkim_domain: str = setting(values.text, "DOMAIN", "The domain that signs, by default that of the sender", "")
    rate_read: int = setting(values.rate, "COUNT", "Pages that a caller may request in a minute", 300)
    rate_write: int = setting(values.rate, "COUNT", "Forms that a caller may send in a minute", 60)
    bin_days: int = setting(values.days, "DAYS", "How long removed items stay in the trash", 30)
    log_days: int = setting(values.days, "DAYS", "How long the audit log keeps its lines", 180)
    time_zone: str = setting(
        values.time_zone, "ZONE", "The time zone in which logs show times and digests are sent", "Europe/Paris"
    )
    session_days: int = setting(values.days, "DAYS", "How long an unused session lasts", 30)
    link_check_days: int = setting(values.days_or_never, "DAYS", "In how many days all links are checked again", 30)
    oidc_issuer: str = setting(values.oidc_issuer, "URL", "The issuer of an OpenID Connect provider", "")
    oidc_client_id: str = setting(values.text, "ID", "The client ID of this site at the provider", "")
    oidc_client_secret: str = setting(values.text, "SECRET", "The client secret; prefer the variable", "", secret=True)
    oidc_name: str = setting(values.text, "NAME", "The name of the provider on pages", "")
    oidc_scopes: str = setting(values.oidc_scopes, "WORDS", "The scopes to request", "openid email profile")
    oidc_acr: str = setting(values.words, "WORDS", "The accepted values of acr", "")
    oidc_sign_up: str = setting(
        values.oidc_sign_up, "WHO", "Users that may sign up: invited, everyone, or domains", INVITED
    )
    proxy: str = setting(values.networks, "NETWORKS", "Networks of trusted reverse proxies", "")
    proxy_login: str = setting(values.header, "HEADER", "The header in which these proxies send the login", "")
    fetch: str = setting(values.one_of(ON, OFF), "on|off", "Whether the site fetches pages of other sites", ON)
    fetch_loopback: str = setting(
        values.one_of(REFUSE, ALLOW), "refuse|allow", "Whether to fetch from 127.0.0.1, for tests only", REFUSE
    )
    fetch_proxy: str = setting(values.fetch_proxy, "URL", "The HTTP proxy for these fetches", "", secret=True)
    quotation: str = setting(
        values.quotation,
        "all|link|COUNT",
        "What may be passed on of a source: all, title and link, or so many characters",
        "all",
    )
    websub_hub: str = setting(values.websub_hub, "URL", "The WebSub hub that is told when public feeds change", "")
    log_format: str = setting(values.one_of("text", "json"), "text|json", "The format of log lines", "text")
    slow_seconds: float = setting(values.seconds_or_never, "SECONDS", "After how long a page is logged as slow", 1)
    metrics_token: str = setting(
        values.secret, "SECRET", "The token that opens /metrics; prefer the variable", "", secret=True
    )
    languages: tuple[str, ...] = LANGUAGES
    parts: tuple[Any, ...] = ()
    """The settings of features."""

    def of(self, part: type[P]) -> P:
        """The settings of a feature, given by their class; its defaults if they were not read."""
        return next((given for given in self.parts if isinstance(given, part)), None) or part()


def settings_of(owner: type) -> tuple[Setting, ...]:
    """The settings that are fields of a class."""
    return tuple(
        Setting(
            owner,
            field.name,
            **field.metadata,
            default="" if field.default is MISSING else str(field.default),
            is_secret=not field.repr,
        )
        for field in fields(owner)
        if field.metadata
    )


SETTINGS = settings_of(Settings)
"""The settings of the core."""
VARIABLES = tuple(setting.variable for setting in SETTINGS)
"""Their variables."""


def default_settings_in(data: Path) -> Settings:
    """The defaults, with the database and the index in a folder."""
    folder = Path(os.path.abspath(data))  # noqa: PTH100 - `resolve` would follow links, which an owner may move
    return Settings(folder, f"sqlite:///{folder / 'store.sqlite3'}", f"whoosh:{folder / 'index'}")


def settings_from_environment(
    environ: Mapping[str, str] | None = None, parts: Sequence[type] = (), /, **options: str | None
) -> Settings:
    """The settings of a process: an option if given, else the variable `KB_…`, else the default. `parts` are the
    classes of the settings of features.

    Options are named as the variables, in lower case without `KB_`. Raises Invalid for an unknown variable or option,
    and for a value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    known = (*SETTINGS, *(setting for part in parts for setting in settings_of(part)))
    given = {SETTINGS[0]: (PREFIX + "DATA", DEFAULT_DATA)}
    for variable, value in environ.items():
        if variable.startswith(PREFIX):
            given[_setting_named(variable, {setting.variable: setting for setting in known})] = (variable, value)
    for name, option in options.items():
        if option is not None:
            spelling = "--" + name.replace("_", "-")
            given[_setting_named(spelling, {setting.option: setting for setting in known})] = (spelling, option)
    read: dict[type, dict[str, Any]] = {owner: {} for owner in (Settings, *parts)}
    for found, spelt in given.items():
        read[found.owner][found.name] = found.read(*spelt)
    own = read[Settings]
    defaults = default_settings_in(own["data"])
    of_features = tuple(part(**read[part]) for part in parts)
    settings = Settings(
        **{"store_url": defaults.store_url, "index_url": defaults.index_url, **own, "parts": of_features}
    )
    _check_login_settings(settings)
    check_fetching(settings.fetch_loopback, settings.base_url)
    return settings


def settings_environment(settings: Settings) -> dict[str, str]:
    """The variables that give the same settings to another process."""
    return {
        setting.variable: str(getattr(owner, setting.name))
        for owner in (settings, *settings.parts)
        for setting in settings_of(type(owner))
    }


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


def _setting_named(spelling: str, known: Mapping[str, Setting]) -> Setting:
    """The setting that a variable or an option names. Raises Invalid."""
    if spelling not in known:
        raise Invalid("%(name)s is not a setting: there are %(known)s.", name=spelling, known=", ".join(known))
    return known[spelling]
