"""Remove an erased person from stored texts: parameters of searches, and JSON that names the person."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kb.store.database.json_values import USER_KEYS, objects_in

GONE = "[…]"
"""The replacement of removed texts to which other users have replied."""

_FIELDS_OF_PEOPLE = "auteur|author|partag(?:é|e|e\u0301)-?par|shared-?by"
"""The fields of queries that name a user, as `kb.search.query_syntax` reads them."""


def without_author(parameters: str, login: str, *, in_words: bool = False) -> str | None:
    """The parameters of a search without one of its authors; None if the search has no other author.

    The author is a filter, or, with `in_words`, may be named in the words of the query.
    """
    pairs = parse_qsl(parameters, keep_blank_values=True)
    spelt = re.compile(rf'(?i)(?<!\w)(?:{_FIELDS_OF_PEOPLE})\s*:\s*"?{re.escape(login)}(?![\w-])')
    if in_words and any(name == "q" and spelt.search(value) for name, value in pairs):
        return None
    return without_value(parameters, "author", login)


def without_value(parameters: str, name: str, value: str) -> str | None:
    """The parameters of a search without one value of a parameter; None if it was the only one."""
    pairs = parse_qsl(parameters, keep_blank_values=True)
    remaining = [pair for pair in pairs if pair != (name, value)]
    if len(remaining) == len(pairs):
        return parameters
    return urlencode(remaining) if any(other == name for other, _ in remaining) else None


def names_login(body: str, login: str) -> bool:
    """Whether a JSON text names a user by this login; False for a text that is not JSON."""
    try:
        return any(part.get("login") == login for part in objects_in(json.loads(body)))
    except ValueError:
        return False


def without_person(body: str, user_id: str, *, words: bool) -> str | None:
    """The text of removed content without the name of a person; None if nothing is left of it.

    `words`: remove the person's texts, as `Erasure.words` does.
    """
    record = json.loads(body)
    for name in ("annotation", "reply"):
        if words and record.get(name) and record[name].get("author_id") == user_id:
            return None
    return json.dumps(_scrubbed(record, user_id, words=words), ensure_ascii=False)


def _scrubbed(value: Any, user_id: str, *, words: bool) -> Any:
    if isinstance(value, list):
        remaining = (element for element in value if not (words and _is_dropped(element, user_id)))
        return [_scrubbed(element, user_id, words=words) for element in remaining]
    if not isinstance(value, dict):
        return value
    changed = {name: _scrubbed(element, user_id, words=words) for name, element in value.items()}
    changed |= {key: None for key in USER_KEYS if value.get(key) == user_id}
    if words and value.get("author_id") == user_id and "replies" in value:
        changed |= {"body": None, "kind": "highlight"} if value.get("quote") else {"body": GONE}
        changed.pop("tags", None)
    return changed


def _is_dropped(element: Any, user_id: str) -> bool:
    """Whether this is an annotation or a reply of the person to which no other user has replied."""
    if not isinstance(element, dict) or element.get("author_id") != user_id:
        return False
    return all(reply.get("author_id") == user_id for reply in element.get("replies", ()))
