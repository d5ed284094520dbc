"""Mentions: a text names a user by `@login`."""

import re

from kb.model.slugs import SLUG_LENGTH

MOST_NAMED = 50
"""People whom one text can name: the others of a longer list are words like all others."""
# The look-behind excludes e-mail addresses, paths and signs such as `@@`.
NAMED = re.compile(
    rf"(?<![\w@./+-])@(?P<login>[A-Za-z0-9](?:[A-Za-z0-9-]{{0,{SLUG_LENGTH - 2}}}[A-Za-z0-9])?)(?![\w@])"
)


def mentioned_logins(text: str) -> tuple[str, ...]:
    """The logins that a text may name, without repetition, in their order.

    >>> mentioned_logins("@Paul et @sophie-point, écrire à moi@exemple.fr.")
    ('paul', 'sophie-point')
    """
    if "@" not in text:
        return ()
    return tuple(dict.fromkeys(match["login"].lower() for match in NAMED.finditer(text)))[:MOST_NAMED]
