"""Names in a form for URLs: logins of authors, slugs of groups."""

import hashlib
import re
import unicodedata

SLUG_LENGTH = 64
_SLUG = re.compile(r"[a-z0-9~-]{1,64}", re.ASCII)
_LOGIN = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_OTHERS = re.compile(r"[^a-z0-9]+")
# Letters that Unicode does not decompose.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def slug_of(name: str) -> str:
    """A folded name, with `-` for all but letters and digits: `Documentation CD63` gives `documentation-cd63`.

    1 to 64 characters `[a-z0-9-]`, always the same for the same name. A name of other scripts, and the end of a long
    one, give eight hexadecimal digits of the name's SHA-256 instead.
    """
    apart = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_LETTERS)
    slug = _OTHERS.sub("-", letters).strip("-")
    if slug and len(slug) <= SLUG_LENGTH:
        return slug
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug[: SLUG_LENGTH - 9].rstrip('-')}-{digest}".lstrip("-")


def is_slug(text: str) -> bool:
    """Whether a text has the form of a group's slug."""
    return _SLUG.fullmatch(text) is not None


def is_login(text: str) -> bool:
    """Whether a text has the form of a login."""
    return _LOGIN.fullmatch(text) is not None
