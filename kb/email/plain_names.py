"""Names and texts of users, changed so that no mail program makes links of them in messages to others."""

import re

from kb.model.truncation import truncate_within

LONGEST_NAME = 80
"""Characters of a name or a title in a message; the rest is cut."""
_LONGEST_READ = 2_000
"""Characters that are read, because the caller may give more."""
_JOINS = re.compile(
    "([.:@/\\\\\N{FULLWIDTH FULL STOP}\N{IDEOGRAPHIC FULL STOP}\N{HALFWIDTH IDEOGRAPHIC FULL STOP}])(?=\\S)"
)
"""The characters that hold the parts of an address together."""
_NOT_SPACES = re.compile(r"\S+")


def plain_name(text: str, longest: int = LONGEST_NAME) -> str:
    """A name on one line, without invisible characters, of `longest` characters at most, that no program makes a link
    of.

    A space after each `.`, `:`, `@` and `/` separates the parts of an address: `exemple.fr` becomes `exemple. fr`.
    """
    read = text[:_LONGEST_READ].replace("://", " ")
    spaced = "".join(character if character.isprintable() else " " if character.isspace() else "" for character in read)
    name = " ".join(_NOT_SPACES.findall(_JOINS.sub(r"\1 ", spaced)))
    return truncate_within(name, longest)


def plain_lines(text: str) -> list[str]:
    """The lines of a message, each as `plain_name` makes it, without empty ones."""
    return [line for line in (plain_name(line, _LONGEST_READ) for line in text[:_LONGEST_READ].splitlines()) if line]
