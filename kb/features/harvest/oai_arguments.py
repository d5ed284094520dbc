"""The arguments of an OAI-PMH request, and its resumption tokens: what is allowed, and what is an error."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kb.errors import Invalid
from kb.features.harvest.harvests import Position
from kb.store.database.clock import timestamp_of
from kb.web.http.urls.listing_scope import Pairs

TOKEN_HOURS = 24
"""How long a list can be continued."""
_LONGEST_TOKEN = 8_000
_LONGEST_ARGUMENT = 2_000
_RESUMPTION_TOKEN = re.compile(r"[A-Za-z0-9_-]++=*+")
_STORED_DATE, _ITEM_ID = re.compile(r"[0-9TZ:.~-]{1,40}"), re.compile(r"[A-Za-z0-9_-]{1,64}")
_OAI_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?+")
_FORMS = {
    "set": re.compile(r"[A-Za-z0-9_.!~*'()-]++(?::[A-Za-z0-9_.!~*'()-]++)*+"),
    "metadataPrefix": re.compile(r"[A-Za-z0-9_.!~*'()-]++"),
    "identifier": re.compile(r"[!#$%&'()*+,./0-9:;=?@A-Z_a-z~-]++"),
}
"""The syntax of arguments that every answer repeats."""
_LIST = (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set", "resumptionToken"}))
VERBS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
}
"""The arguments of each verb: those that it needs, and those that it may have."""


class OaiError(Invalid):
    """An error of the protocol: `code` and a sentence for whoever runs the harvester."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ListPosition:
    """How a list goes on: the arguments of its first request, the limit of its harvest, and the place of the last
    record (`after`), of `cursor` so far. `size` is that of the whole list; for `ListSets`, `cursor` alone counts.
    """

    verb: str
    prefix: str = ""
    spec: str = ""
    since: str = ""
    before: str = ""
    after: Position | None = None
    cursor: int = 0
    size: int | None = None

    def token(self, identity: str, now: datetime) -> str:
        """The resumption token. `identity` is that of the database: after a restore, the positions mean nothing."""
        made = int(now.timestamp())
        values = [self.verb, self.prefix, self.spec, self.since, self.before, self.after, self.cursor, self.size]
        return urlsafe_b64encode(json.dumps([identity, made, *values]).encode()).decode()


def read_token(text: str, verb: str, identity: str, now: datetime) -> ListPosition:
    """The position of a token, which anybody may have made: it opens nothing that its arguments would not open.

    Raises OaiError for a text of another form, another verb, another database, or one that is too old.
    """
    bad = OaiError("badResumptionToken", "The resumption token is not valid, or no longer: begin the list again.")
    if len(text) > _LONGEST_TOKEN or not _RESUMPTION_TOKEN.fullmatch(text):
        raise bad
    try:
        values = json.loads(urlsafe_b64decode(text))
        token_identity, made, *rest = values
        position = ListPosition(*rest)
    except (ValueError, TypeError, RecursionError):
        raise bad from None
    if not _is_valid(position) or token_identity != identity or not isinstance(made, int) or position.verb != verb:
        raise bad
    if not 0 <= int(now.timestamp()) - made <= TOKEN_HOURS * 3600:
        raise bad
    return replace(position, after=(position.after[0], position.after[1])) if position.after else position


def _is_valid(position: ListPosition) -> bool:
    """Whether the values of a token have their types, and texts that can be looked up."""
    texts, dates = (position.verb, position.prefix, position.spec), (position.since, position.before)
    numbers = (position.cursor, 0 if position.size is None else position.size)
    return (
        all(isinstance(text, str) for text in (*texts, *dates))
        and all(not date or _STORED_DATE.fullmatch(date) for date in dates)
        and all(type(number) is int and 0 <= number < 2**53 for number in numbers)
        and (position.after is None or _is_position(position.after))
    )


def _is_position(values: object) -> bool:
    return (
        isinstance(values, list)
        and len(values) == 2
        and all(isinstance(value, str) for value in values)
        and bool(_STORED_DATE.fullmatch(values[0]) and _ITEM_ID.fullmatch(values[1]))
    )


def checked_arguments(pairs: Pairs) -> dict[str, str]:
    """The arguments of a request, by name. Raises OaiError for an unknown verb, or arguments that it does not take."""
    counts = Counter(name for name, _ in pairs)
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiError("badVerb", f"One verb is needed: {', '.join(VERBS)}.")
    needed, optional = VERBS[verbs[0]]
    arguments = {name: value for name, value in pairs if name != "verb"}
    for name, value in arguments.items():
        if name not in needed | optional:
            raise OaiError("badArgument", f"{verbs[0]} takes no argument of this name: {name[:40]}")
        if counts[name] > 1:
            raise OaiError("badArgument", f"An argument is given more than once: {name}")
        if not value or (len(value) > _LONGEST_ARGUMENT and name != "resumptionToken"):
            raise OaiError("badArgument", f"An argument is empty or too long: {name}")
        if name in _FORMS and not _FORMS[name].fullmatch(value):
            raise OaiError("badArgument", f"An argument has an illegal syntax: {name}")
    if "resumptionToken" in arguments and len(arguments) > 1:
        raise OaiError("badArgument", "A resumption token is the only argument beside the verb.")
    if "resumptionToken" not in arguments and (missing := sorted(needed - arguments.keys())):
        raise OaiError("badArgument", f"{verbs[0]} needs the argument {missing[0]}.")
    return {"verb": verbs[0], **arguments}


def period_of(since: str | None, until: str | None) -> tuple[str | None, str | None]:
    """The first instant of `from`, and the first one after `until`, as stored dates are written. Raises OaiError."""
    if since and until and len(since) != len(until):
        raise OaiError("badArgument", "“from” and “until” must have the same granularity.")
    first = _instant("from", since) if since else None
    last = _instant("until", until) if until else None
    if first and last and first > last:
        raise OaiError("badArgument", "“from” is later than “until”.")
    if last is not None and until is not None:
        # The last day or second of all time has no next one.
        step = timedelta(days=1) if len(until) == len("YYYY-MM-DD") else timedelta(seconds=1)
        last = min(last, datetime.max.replace(tzinfo=UTC) - step) + step
    return timestamp_of(first) if first else None, timestamp_of(last) if last else None


def _instant(name: str, text: str) -> datetime:
    try:
        if _OAI_DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise OaiError("badArgument", f"“{name}” is no date: YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ was expected.")
