"""The fields of a form that was refused, so that the user need not type them again.

A page carries them in one hidden field, because the server stores nothing of a user it does not know.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote_plus

from kb.errors import Forbidden
from kb.web.http.urls.listing_scope import Pairs

FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field
ONCE = "once"
"""The field with the token of the page from which the same form was sent before, as `drafts.js` keeps it."""
EARLIER_FORM = "kept"
"""The field with the fields of an earlier form. What bears it is shown again, and never does what it asks for."""
MOST_CARRIED = 48 * 1024
"""Bytes, as a browser sends them, that a login form carries along: it must stay below LARGEST_BODY."""
_SECRETS = frozenset({FORM_TOKEN, EARLIER_FORM, "password", "proof", "present", "links"})
_NOT_TYPED = frozenset(
    {"act", "id", "item", "items", "like", "next", ONCE, "read", "fetch", "version", "part", "made", "again", "now"}
    | {
        "parameters",
        "packed",
        "back",
        "prefix",
        "suffix",
        "start",
        "end",
        "entry",
        "annotation",
        "color",
        "place",
        "scope",
        "later",
        "sure",
        "confirmed",
    }
)
"""Fields of buttons, and hidden ones."""
_MOST_FIELDS = 400


class StaleForm(Forbidden):
    """The form token is wrong: the page is too old, or its user has logged in anew since."""


class ResumedForm(Forbidden):
    """The user wants an earlier form shown again."""


@dataclass(frozen=True, slots=True)
class SentForm:
    """The fields of a sent form, without passwords and tokens. `has_files`: it had files too, which are lost."""

    fields: Pairs
    has_files: bool = False

    @property
    def texts(self) -> Pairs:
        """The fields that a user may have typed: name and text."""
        return tuple(
            (name, value)
            for name, value in self.fields
            if value.strip() and name not in _NOT_TYPED and not name.startswith("take-")
        )

    def pack(self) -> str:
        """The form as the value of one field."""
        return json.dumps({"fields": self.fields, "files": self.has_files}, ensure_ascii=False, separators=(",", ":"))


def sent_form_of(fields: Pairs, *, has_files: bool) -> SentForm:
    """What is kept of a form."""
    return SentForm(tuple(pair for pair in fields if pair[0] not in _SECRETS), has_files)


def unpack_form(text: str) -> SentForm | None:
    """The form in the value of a field; None for an invalid value."""
    try:
        record = json.loads(text)
        fields = tuple((name, value) for name, value in record["fields"][:_MOST_FIELDS])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not all(isinstance(part, str) and _is_text(part) for pair in fields for part in pair):
        return None
    return sent_form_of(fields, has_files=bool(record.get("files")))


def fits_login_form(packed: str) -> bool:
    """Whether a login form can carry the packed form along."""
    return len(quote_plus(packed)) <= MOST_CARRIED


def _is_text(text: str) -> bool:
    """Whether a text can be sent back: JSON may hold halves of surrogate pairs."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
