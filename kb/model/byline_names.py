"""Split a byline, one line that names the authors of a page, into the names that a bibliography needs.

A byline is free text. It is split only where it is plainly a list, and a name is inverted only where it is plainly a
person's: a reader can still find a name that was not inverted, but not an inverted body ("CULTURE, Ministère de la").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from kb.model.storable_text import one_line

_BEFORE = re.compile(r"(?:par|by)\s+(?=\w)", re.IGNORECASE)
# A separator takes one space before it: if it took all, a run of spaces would cost the square of its length.
_BETWEEN = re.compile(r",\s+(?:et|and)\s+|\s(?:et|and|&)\s+|,\s+|\s/\s+")
_PARTICLES = frozenset("da de del della den der des di do dos du la le les van von".split())
_BODIES = frozenset(
    """
    académie afp agence agency archives assemblée association associés banque bibliothèque blog bureau caisse centre
    center citoyens club collectif comité commission communauté conseil council cour cités cité département department
    desk direction documentation editors éditions école équipe europe fédération fondation foundation france gazette
    group groupe institut institute journal la laboratoire lab le les magazine mairie media médias ministère ministry
    mission métropole mutuelle national nationale news newsroom observatoire office organisation organization parti
    presse press préfecture public publics publique publiques radio revue région rédaction réseau secrétariat service
    services société staff syndicat team the télévision union université university ville
    """.split()
)
"""Words of bodies, hardly ever of persons."""
_MOST_WORDS = 5
_LONGEST_BYLINE = 1_000
"""Characters of a byline that is split into names; a longer one is one name, as it is written."""


@dataclass(frozen=True, slots=True)
class BylineName:
    """A person, or a body: `given` is then empty, and `family` its whole name."""

    family: str
    given: str = ""

    @property
    def natural(self) -> str:
        """The name in natural order: Jeanne Roux."""
        return f"{self.given} {self.family}" if self.given else self.family

    @property
    def inverted(self) -> str:
        """The name in the order of an index: Roux, Jeanne."""
        return f"{self.family}, {self.given}" if self.given else self.family


def names_in_byline(byline: str | None) -> tuple[BylineName, ...]:
    """The names of a byline, in order.

    "Jeanne Roux et Paul Blanc", "Roux, Jeanne ; Blanc, Paul" and "Par Jeanne ROUX" are persons; "La rédaction" and
    "Jeanne Roux, avec l’AFP" are one name each, unchanged.
    """
    text = one_line(byline or "")
    if len(text) > _LONGEST_BYLINE:
        return (BylineName(text),)
    return _names(text)


def byline_of_names(names: Iterable[str]) -> str | None:
    """The byline of several names, each in natural order, from which `names_in_byline` has the same names; None
    without any.
    """
    written_names = [name for name in map(one_line, names) if name]
    by_commas = ", ".join(written_names)
    same = len(written_names) < 2 or [name.natural for name in names_in_byline(by_commas)] == written_names
    return (by_commas if same else " ; ".join(written_names)) or None


def names_to_find(text: str) -> tuple[str, ...]:
    """The names by which a typed byline may be known: in whole, and each of its parts, in any case of letters."""
    line = one_line(text)[:_LONGEST_BYLINE]
    parts = [part for piece in line.split(";") for part in _BETWEEN.split(piece)]
    return tuple(
        dict.fromkeys(name.strip() for name in (line, *(n.natural for n in names_in_byline(line)), *parts) if name)
    )


# A page of results has twenty bylines, and the same people write many pages.
@lru_cache(maxsize=2048)
def _names(text: str) -> tuple[BylineName, ...]:
    text = _BEFORE.sub("", text, count=1)
    if ";" in text:
        return tuple(name for piece in text.split(";") for name in names_in_byline(piece))
    *before, last = _BETWEEN.split(text)
    pieces = [*(piece.rstrip() for piece in before), last]
    persons = tuple(person for piece in pieces if (person := _person_given_name_first(piece)))
    if len(persons) == len(pieces):
        return persons
    whole = _person_family_name_first(*pieces) if len(pieces) == 2 and "," in text else None
    return (whole or BylineName(text),) if text else ()


def _person_given_name_first(text: str) -> BylineName | None:
    """The person of a name that is plainly written with the given name first, or None."""
    words = text.split(" ")
    begins_with_capitals = words[0].isupper() and not _is_initial(words[0])
    if begins_with_capitals or not 2 <= len(words) <= _MOST_WORDS:
        return None
    particles = (position for position, word in enumerate(words) if position and word.casefold() in _PARTICLES)
    capitals = (position for position in range(1, len(words)) if all(word.isupper() for word in words[position:]))
    first = min(next(particles, len(words) - 1), next(capitals, len(words) - 1))
    family, given_names = words[first:], words[:first]
    return (
        BylineName(" ".join(family), " ".join(given_names)) if _is_family(family) and _are_given(given_names) else None
    )


def _person_family_name_first(family: str, given_name: str) -> BylineName | None:
    """The person of a name that is plainly written with the family name first, or None."""
    words = family.split(" ")
    whole = words[0].casefold() in _BODIES or _person_given_name_first(family)
    return (
        BylineName(family, given_name)
        if not whole and _is_family(words) and _are_given(given_name.split(" "))
        else None
    )


def _is_family(words: list[str]) -> bool:
    *before, last = words
    return _is_name(last) and all(word.casefold() in _PARTICLES or _is_name(word) for word in before)


def _are_given(words: list[str]) -> bool:
    return len(words) <= 3 and all(_is_name(word) or _is_initial(word) for word in words)


def _is_name(word: str) -> bool:
    parts = re.split(r"['’-]", word.removeprefix("d'").removeprefix("d’"))
    return (
        word.casefold() not in _BODIES
        and not word.casefold().startswith(("l'", "l’"))
        and parts[0][:1].isupper()
        and all(part.isalpha() for part in parts)
    )


def _is_initial(word: str) -> bool:
    return all(len(part) == 1 and part.isupper() for part in re.split(r"\.-?", word.removesuffix(".")))
