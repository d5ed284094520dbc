"""Read the value of a setting: each function takes the name that the user wrote, for its message, and the text.

All raise Invalid for a text that cannot be used.
"""

import os
import re
import shlex
import shutil
from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kb.errors import Invalid
from kb.translation import LANGUAGES
from kb.whole_numbers import parse_whole_number

ON, OFF = "on", "off"
REFUSE, ALLOW = "refuse", "allow"
INVITED, EVERYONE = "invited", "everyone"
_LONGEST = 1000
_LONGEST_NAME = 100
_SHORTEST_SECRET = 16
_MOST_SECONDS = 3_600
_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_MAIL_SCHEMES = frozenset({"smtp", "smtp+starttls", "smtps"})
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_FEATURE_NAME = re.compile(r"-?[a-z][a-z0-9_]{0,50}")
_SCOPE = re.compile(r"[!#-\[\]-~]+")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])")


def networks_of(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks that a text lists, separated by spaces or commas. Raises ValueError."""
    return tuple(ip_network(part, strict=False) for part in text.replace(",", " ").split())


def is_loopback(base_url: str) -> bool:
    """Whether the address of the site is reachable only from its own machine, without https."""
    parts = urlsplit(base_url)
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = False
    return here and parts.scheme == "http"


def one_of(*known: str) -> Callable[[str, str], str]:
    """One of these words."""

    def read(name: str, value: str) -> str:
        if value not in known:
            raise Invalid("%(name)s must be one of %(known)s.", name=name, known=", ".join(known))
        return value

    return read


def whole_number(least: int, most: int, message: str) -> Callable[[str, str], int]:
    """A number without sign, in these bounds; `message` names them as `least` and `most`."""

    def read(name: str, value: str) -> int:
        number = parse_whole_number(value, -1, most=most)
        if number < least:
            raise Invalid(message, name=name, least=least, most=most)
        return number

    return read


cache_megabytes = whole_number(8, 1_048_576, "%(name)s must be a whole number of MB, from %(least)s to %(most)s.")
megabytes = whole_number(1, 2_000, "%(name)s must be a whole number of MB, from %(least)s to %(most)s.")
megabytes_or_none = whole_number(
    0, 100_000_000, "%(name)s must be a whole number of MB, from 0 to %(most)s; 0 sets no limit."
)
rate = whole_number(0, 1_000_000, "%(name)s must be a whole number from 0 to %(most)s; 0 sets no limit.")
days = whole_number(1, 3_650, "%(name)s must be a whole number of days, from 1 to %(most)s.")
days_or_never = whole_number(0, 3_650, "%(name)s must be a whole number of days, from 0 to %(most)s; 0 is never.")
language = one_of(*LANGUAGES)


def time_zone(name: str, value: str) -> str:
    """The name of a time zone of the IANA database."""
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise Invalid("%(name)s must be a time zone, such as Europe/Paris or Indian/Reunion.", name=name) from None
    return value


def seconds_or_never(name: str, value: str) -> float:
    """A number of seconds, with at most three decimals; 0 is never."""
    if not _SECONDS.fullmatch(value) or float(value) > _MOST_SECONDS:
        raise Invalid(
            "%(name)s must be a number of seconds from 0 to %(most)s, such as 1 or 0.25; 0 is never.",
            name=name,
            most=_MOST_SECONDS,
        )
    return float(value)


def folder(name: str, value: str) -> Path:
    """A folder, absolute."""
    path = Path(os.path.abspath(_printable(name, value)))  # noqa: PTH100 - `resolve` would follow links, which an owner may move
    if set(str(path)) & {"?", "#", "%"}:
        raise Invalid("%(name)s must be a folder whose path has no ?, # or %%.", name=name)
    if path.exists() and not path.is_dir():
        raise Invalid("%(name)s must be a folder, and %(value)s is a file.", name=name, value=value)
    return path


_HOST = r"(?:[\w-]+(?:\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\])"
_HOST_PORT = re.compile(rf"{_HOST}(?::[0-9]{{1,5}})?")
_HOSTS_PORTS = rf"{_HOST_PORT.pattern}(?:,{_HOST_PORT.pattern})*"
# Without a host, the server is on this machine, or a parameter names it.
_SERVER = re.compile(rf"postgresql\+psycopg://(?:[^/?#@]*@)?(?:{_HOSTS_PORTS})?/[^/?#]+(\?[^#]*)?")


def store_url(name: str, value: str) -> str:
    """The address of a database."""
    is_file = re.fullmatch(r"sqlite:///(?!:memory:)[^?#]*[^?#/]", value) is not None
    if not (is_file or _SERVER.fullmatch(value)) or not value.isprintable():
        raise Invalid(
            "%(name)s must be the address of a file, such as sqlite:////srv/kb/store.sqlite3, or of a database of a"
            " server, such as postgresql+psycopg://kb:password@localhost/kb.",
            name=name,
        )
    return value


def index_url(name: str, value: str) -> str:
    """The address of an index."""
    if not value.startswith("whoosh:") or value == "whoosh:" or not value.isprintable():
        raise Invalid("%(name)s must name a folder, such as whoosh:/srv/kb/index.", name=name)
    return value


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_S3_PARAMETERS = frozenset({"endpoint", "region"})


def files_url(name: str, value: str) -> str:
    """The address of a folder, or of a bucket of S3-compatible storage; empty for the default."""
    try:
        parts = urlsplit(value)
        parameters = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        parts, parameters = urlsplit(""), {}
    is_folder = value.startswith("file:///") and len(parts.path) > 1 and not parts.query
    endpoint = _split_url(parameters.get("endpoint", ["https://default"])[0])
    is_bucket = (
        parts.scheme == "s3"
        and _BUCKET.fullmatch(parts.netloc) is not None
        and parameters.keys() <= _S3_PARAMETERS
        and all(len(texts) == 1 for texts in parameters.values())
        and endpoint is not None
        and endpoint.scheme in {"http", "https"}
    )
    path = unquote(parts.path)
    is_plain = _is_printable_word(value) and path.isprintable() and not parts.fragment and ".." not in path.split("/")
    if value and not ((is_folder or is_bucket) and is_plain):
        raise Invalid(
            "%(name)s must name a folder, such as file:///srv/kb/files, or a bucket, such as"
            " s3://bucket/prefix?endpoint=https://s3.example.org.",
            name=name,
        )
    return value


def base_url(name: str, value: str) -> str:
    """The address of the site, without a final slash."""
    parts = _split_url(value)
    if parts is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _is_printable_word(value):
        raise Invalid("%(name)s must be an address such as https://example.org.", name=name)
    return value.rstrip("/")


def site_name(name: str, value: str) -> str:
    if len(_printable(name, value)) > _LONGEST_NAME:
        raise Invalid("%(name)s must have at most %(count)s characters.", name=name, count=_LONGEST_NAME)
    return value.strip()


def mail_url(name: str, value: str) -> str:
    """The address of a mail server; empty for none."""
    parts = _split_url(value)
    good = parts is not None and parts.scheme in _MAIL_SCHEMES and not parts.path.strip("/")
    if value and not (good and _is_printable_word(value)):
        raise Invalid(
            "%(name)s must name a mail server, such as smtp+starttls://user:password@mail.example.org.", name=name
        )
    return value


def mail_from(name: str, value: str) -> str:
    """The sender of e-mail messages."""
    _, address = parseaddr(value)
    user, _, host = address.rpartition("@")
    if not user or not host or not value.isprintable() or not address.isascii():
        raise Invalid("%(name)s must be an e-mail address, such as Florilège <florilege@example.org>.", name=name)
    return value


def fetch_proxy(name: str, value: str) -> str:
    """The address of an HTTP proxy; empty for none."""
    parts = _split_url(value)
    good = parts is not None and parts.scheme == "http" and not parts.path.strip("/")
    if value and not (good and _is_short_word(value)):
        raise Invalid("%(name)s must name a proxy, such as http://proxy.example.org:3128.", name=name)
    return value.rstrip("/")


def quotation(name: str, value: str) -> str:
    """A rule of quotation, as `kb.model.quotation_rule` reads it."""
    if value not in {"all", "link"} and parse_whole_number(value, 0, most=1000) < 50:
        raise Invalid("%(name)s must be all, link, or a number of characters from 50 to 1000.", name=name)
    return value


def websub_hub(name: str, value: str) -> str:
    """The address of a WebSub hub; empty for none."""
    parts = _split_url(value)
    good = parts is not None and parts.scheme in {"http", "https"} and "@" not in parts.netloc
    if value and not (good and _is_short_word(value)):
        raise Invalid("%(name)s must be the address of a hub, such as https://hub.example.org/.", name=name)
    return value


def oidc_issuer(name: str, value: str) -> str:
    """The issuer of an OpenID Connect provider; empty for none."""
    parts = _split_url(value)
    good = (
        parts is not None
        and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS))
        and "@" not in parts.netloc
    )
    if value and not (good and _is_short_word(value)):
        raise Invalid("%(name)s must be the https address of a provider of identities.", name=name)
    return value


def text(name: str, value: str) -> str:
    """A text on one line; may be empty."""
    if not value.isprintable() or len(value) > _LONGEST:
        raise Invalid(
            "%(name)s must be a text of at most %(count)s characters, on one line.", name=name, count=_LONGEST
        )
    return value.strip()


def command(name: str, value: str) -> str:
    """A program of this machine with its arguments, as a shell splits them; empty for none."""
    line = text(name, value)
    try:
        program = shlex.split(line)[0] if line else ""
    except ValueError:
        # A quotation mark without its second one.
        program = ""
    if line and shutil.which(program) is None:
        raise Invalid(
            "%(name)s must be a program that is installed here, with its arguments, such as %(example)s.",
            name=name,
            example="clamdscan --fdpass --no-summary -",
        )
    return line


def secret(name: str, value: str) -> str:
    """A secret that another program sends; empty for none."""
    if value and not (_is_short_word(value) and len(value) >= _SHORTEST_SECRET):
        raise Invalid(
            "%(name)s must have %(least)s to %(most)s ASCII characters, without spaces.",
            name=name,
            least=_SHORTEST_SECRET,
            most=_LONGEST,
        )
    return value


def feature_names(name: str, value: str) -> str:
    """Names of features, each after a `-` or not. `kb.features.features_on` knows which features there are."""
    if not all(map(_FEATURE_NAME.fullmatch, value.replace(",", " ").split())):
        raise Invalid("%(name)s must be names of features, such as “all,-pinboard”.", name=name)
    return value


def words(name: str, value: str) -> str:
    """Words without quotes, with one space between them."""
    parts = text(name, value).split()
    if not all(map(_SCOPE.fullmatch, parts)):
        raise Invalid("%(name)s must be words with spaces between them, such as openid email.", name=name)
    return " ".join(parts)


def oidc_scopes(name: str, value: str) -> str:
    """The scopes to request; `openid` is always one."""
    scopes = words(name, value).split()
    return " ".join(scopes if "openid" in scopes else ["openid", *scopes])


def oidc_sign_up(name: str, value: str) -> str:
    """INVITED, EVERYONE, or domains with spaces between them."""
    parts = text(name, value).casefold().replace(",", " ").split()
    if parts in ([INVITED], [EVERYONE]):
        return parts[0]
    if not parts or not all(map(_DOMAIN.fullmatch, parts)):
        raise Invalid("%(name)s must be invited, everyone, or domains such as ville.example.", name=name)
    return " ".join(parts)


def networks(name: str, value: str) -> str:
    """Networks with spaces between them; empty for none. A network of all addresses would let everybody be a proxy."""
    try:
        listed = networks_of(value)
    except ValueError:
        listed = ()
    if (value and not listed) or any(network.prefixlen == 0 for network in listed):
        raise Invalid("%(name)s must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8.", name=name)
    return " ".join(map(str, listed))


def header(name: str, value: str) -> str:
    """The name of a header; empty for none."""
    if value and not _HEADER.fullmatch(value):
        raise Invalid("%(name)s must be the name of a header, such as X-Remote-User.", name=name)
    return value


def _printable(name: str, value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise Invalid("%(name)s must be a text, not empty and without control characters.", name=name)
    return value


def _split_url(value: str) -> SplitResult | None:
    """The parts of an address with a host and nothing after its path; None for another text."""
    try:
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2]
        good = _HOST_PORT.fullmatch(host) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        return None
    return parts if good else None


def _is_printable_word(value: str) -> bool:
    return value.isprintable() and " " not in value


def _is_short_word(value: str) -> bool:
    return value.isascii() and _is_printable_word(value) and len(value) <= _LONGEST
