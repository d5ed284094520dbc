"""All settings: read once at start, from the environment or the options of the command, and never changed."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kb.errors import Invalid
from kb.settings.email import MAIL_READERS
from kb.settings.fetcher import FETCHING_READERS, ON, REFUSE, check_fetching
from kb.settings.link_checker import DEFAULT_LINK_CHECK_DAYS, LINK_READERS
from kb.settings.oidc_and_proxies import DEFAULT_SCOPES, INVITED, OIDC_AND_PROXY_READERS, check_login_settings
from kb.settings.rate_limits import DEFAULT_RATE_READ, DEFAULT_RATE_WRITE, RATE_READERS
from kb.settings.retention import DEFAULT_BIN_DAYS, DEFAULT_LOG_DAYS, DEFAULT_SESSION_DAYS, RETENTION_READERS
from kb.translation import LANGUAGES

PREFIX = "KB_"
DEFAULT_DATA = "kb-data"
DEFAULT_BASE_URL = "http://127.0.0.1:8000"
DEFAULT_SITE_NAME = "Florilège"
DEFAULT_INDEX_MEMORY = 768
DEFAULT_MAIL_FROM = "florilege@localhost"
_LONGEST_NAME = 100
_LEAST_MEMORY, _MOST_MEMORY = 8, 1_048_576


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this installation. `docs/configuration.md` explains each.

    `data` is an absolute folder; `base_url` is without a final slash; `language` is one of `languages`; `index_memory`
    is in MiB. Without a `mail_url`, no e-mail is sent; without an `oidc_issuer`, there is no login at a provider;
    without a `proxy`, headers that only a proxy should write are ignored. Removed content can be restored for
    `bin_days`, the audit log is kept for `log_days`, and a session that is unused for `session_days` ends. Rates are
    per minute, 0 for no limit. Pages of other sites are fetched unless `fetch` is off, those of this machine only in
    tests.
    """

    data: Path
    store_url: str
    index_url: str
    base_url: str = DEFAULT_BASE_URL
    language: str = LANGUAGES[0]
    site_name: str = DEFAULT_SITE_NAME
    languages: tuple[str, ...] = LANGUAGES
    index_memory: int = DEFAULT_INDEX_MEMORY
    mail_url: str = ""
    mail_from: str = DEFAULT_MAIL_FROM
    rate_read: int = DEFAULT_RATE_READ
    rate_write: int = DEFAULT_RATE_WRITE
    bin_days: int = DEFAULT_BIN_DAYS
    log_days: int = DEFAULT_LOG_DAYS
    session_days: int = DEFAULT_SESSION_DAYS
    link_check_days: int = DEFAULT_LINK_CHECK_DAYS
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    oidc_scopes: str = DEFAULT_SCOPES
    oidc_acr: str = ""
    oidc_sign_up: str = INVITED
    proxy: str = ""
    proxy_login: str = ""
    fetch: str = ON
    fetch_loopback: str = REFUSE
    fetch_proxy: str = field(default="", repr=False)


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
    given: dict[str, tuple[str, str]] = {}
    for variable, value in environ.items():
        if variable.startswith(PREFIX):
            given[_name_of(variable, VARIABLES)] = (variable, value)
    for name, option in options.items():
        if option is not None:
            given[_name_of(_option(name), tuple(map(_option, _SETTING_READERS)))] = (_option(name), option)
    data_name, data = given.get("data", (PREFIX + "DATA", DEFAULT_DATA))
    defaults = default_settings_in(Path(_folder(data_name, data)))
    read = {name: _SETTING_READERS[name](shown, value) for name, (shown, value) in given.items()}
    doors = {name: read.get(name, "") for name in ("oidc_issuer", "oidc_client_id", "proxy", "proxy_login")}
    check_login_settings(**doors)
    check_fetching(read.get("fetch_loopback", REFUSE), read.get("base_url", defaults.base_url))
    return Settings(
        defaults.data,
        read.get("store_url", defaults.store_url),
        read.get("index_url", defaults.index_url),
        read.get("base_url", defaults.base_url),
        read.get("language", defaults.language),
        read.get("site_name", defaults.site_name),
        index_memory=int(read.get("index_memory", defaults.index_memory)),
        mail_url=read.get("mail_url", defaults.mail_url),
        mail_from=read.get("mail_from", defaults.mail_from),
        rate_read=int(read.get("rate_read", defaults.rate_read)),
        rate_write=int(read.get("rate_write", defaults.rate_write)),
        bin_days=int(read.get("bin_days", defaults.bin_days)),
        log_days=int(read.get("log_days", defaults.log_days)),
        session_days=int(read.get("session_days", defaults.session_days)),
        link_check_days=int(read.get("link_check_days", defaults.link_check_days)),
        oidc_issuer=doors["oidc_issuer"],
        oidc_client_id=doors["oidc_client_id"],
        oidc_client_secret=read.get("oidc_client_secret", ""),
        oidc_name=read.get("oidc_name", ""),
        oidc_scopes=read.get("oidc_scopes", defaults.oidc_scopes),
        oidc_acr=read.get("oidc_acr", ""),
        oidc_sign_up=read.get("oidc_sign_up", defaults.oidc_sign_up),
        proxy=doors["proxy"],
        proxy_login=doors["proxy_login"],
        fetch=read.get("fetch", ON),
        fetch_loopback=read.get("fetch_loopback", REFUSE),
        fetch_proxy=read.get("fetch_proxy", ""),
    )


def settings_environment(settings: Settings) -> dict[str, str]:
    """The variables that give the same settings to another process."""
    return {
        "KB_DATA": str(settings.data),
        "KB_STORE_URL": settings.store_url,
        "KB_INDEX_URL": settings.index_url,
        "KB_INDEX_MEMORY": str(settings.index_memory),
        "KB_BASE_URL": settings.base_url,
        "KB_LANGUAGE": settings.language,
        "KB_SITE_NAME": settings.site_name,
        "KB_MAIL_URL": settings.mail_url,
        "KB_MAIL_FROM": settings.mail_from,
        "KB_RATE_READ": str(settings.rate_read),
        "KB_RATE_WRITE": str(settings.rate_write),
        "KB_BIN_DAYS": str(settings.bin_days),
        "KB_LOG_DAYS": str(settings.log_days),
        "KB_SESSION_DAYS": str(settings.session_days),
        "KB_LINK_CHECK_DAYS": str(settings.link_check_days),
        **{PREFIX + name.upper(): getattr(settings, name) for name in (*OIDC_AND_PROXY_READERS, *FETCHING_READERS)},
    }


def _name_of(spelling: str, known: tuple[str, ...]) -> str:
    """The setting that a variable or an option names. Raises Invalid."""
    if spelling not in known:
        raise Invalid("%(name)s is not a setting: there are %(known)s.", name=spelling, known=", ".join(known))
    return tuple(_SETTING_READERS)[known.index(spelling)]


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _text(name: str, value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise Invalid("%(name)s must be a text, not empty and without control characters.", name=name)
    return value


def _folder(name: str, value: str) -> str:
    if set(os.path.abspath(_text(name, value))) & {"?", "#", "%"}:  # noqa: PTH100 - as in `default_settings_in`
        raise Invalid("%(name)s must be a folder whose path has no ?, # or %%.", name=name)
    if (path := Path(value)).exists() and not path.is_dir():
        raise Invalid("%(name)s must be a folder, and %(value)s is a file.", name=name, value=value)
    return value


def _store_url(name: str, value: str) -> str:
    if not value.startswith("sqlite:///") or value in {"sqlite:///", "sqlite:///:memory:"} or not value.isprintable():
        raise Invalid("%(name)s must be the address of a file, such as sqlite:////srv/kb/store.sqlite3.", name=name)
    return value


def _index_url(name: str, value: str) -> str:
    if not value.startswith("whoosh:") or value == "whoosh:" or not value.isprintable():
        raise Invalid("%(name)s must name a folder, such as whoosh:/srv/kb/index.", name=name)
    return value


def _index_memory(name: str, value: str) -> str:
    if not (value.isascii() and value.isdigit() and _LEAST_MEMORY <= int(value[:9]) <= _MOST_MEMORY and len(value) < 9):
        raise Invalid(
            "%(name)s must be a whole number of MiB, from %(least)s to %(most)s.",
            name=name,
            least=_LEAST_MEMORY,
            most=_MOST_MEMORY,
        )
    return value


def _base_url(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or not value.isprintable() or " " in value:
        raise Invalid("%(name)s must be an address such as https://example.org.", name=name)
    return value.rstrip("/")


def _language(name: str, value: str) -> str:
    if value not in LANGUAGES:
        raise Invalid("%(name)s must be one of %(known)s.", name=name, known=", ".join(LANGUAGES))
    return value


def _site_name(name: str, value: str) -> str:
    if len(_text(name, value)) > _LONGEST_NAME:
        raise Invalid("%(name)s must have at most %(count)s characters.", name=name, count=_LONGEST_NAME)
    return value.strip()


_SETTING_READERS: Mapping[str, Callable[[str, str], str]] = {
    "data": _folder,
    "store_url": _store_url,
    "index_url": _index_url,
    "index_memory": _index_memory,
    "base_url": _base_url,
    "language": _language,
    "site_name": _site_name,
    **MAIL_READERS,
    **RATE_READERS,
    **RETENTION_READERS,
    **LINK_READERS,
    **OIDC_AND_PROXY_READERS,
    **FETCHING_READERS,
}
VARIABLES = tuple(PREFIX + name.upper() for name in _SETTING_READERS)
"""Every variable that is read."""
