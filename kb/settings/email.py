"""Settings of e-mail."""

from collections.abc import Callable, Mapping
from email.utils import parseaddr
from urllib.parse import urlsplit

from kb.errors import Invalid

_KINDS = frozenset({"smtp", "smtp+starttls", "smtps"})


def _mail_url(name: str, value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        good = parts.scheme in _KINDS and parts.hostname and parts.port != 0 and not parts.path.strip("/")
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or not value.isprintable() or " " in value:
        raise Invalid(
            "%(name)s must name a mail server, such as smtp+starttls://user:password@mail.example.org.", name=name
        )
    return value


def _mail_from(name: str, value: str) -> str:
    _, address = parseaddr(value)
    user, _, host = address.rpartition("@")
    if not user or not host or not value.isprintable() or not address.isascii():
        raise Invalid("%(name)s must be an e-mail address, such as Florilège <florilege@example.org>.", name=name)
    return value


MAIL_READERS: Mapping[str, Callable[[str, str], str]] = {"mail_url": _mail_url, "mail_from": _mail_from}
