"""A field for a person: it suggests people whom the user may know, and lists those whom a typed name means."""

from collections.abc import Iterable
from dataclasses import dataclass

from kb.model.people.user import User
from kb.services.groups.known_people import MOST_SUGGESTED, SeveralPeople, login_of_typed
from kb.web.http.context import RequestContext

WHO = "who"
"""The field of the list of matches, which counts more than the typed text."""


@dataclass(frozen=True, slots=True)
class PersonField:
    """`suggested` and `matches` are people as login and name; `matches` are those whom the typed text means."""

    value: str
    suggested: tuple[tuple[str, str], ...]
    matches: tuple[tuple[str, str], ...]


def person_field(context: RequestContext, people: Iterable[User], value: str = "") -> PersonField:
    """The field, with what was typed after an error."""
    error = context.form_error.error if context.form_error else None
    matches = error.people if isinstance(error, SeveralPeople) else ()
    return PersonField(
        value,
        tuple((person.login, person.name) for person in tuple(people)[:MOST_SUGGESTED]),
        tuple((user.login, user.name) for user in matches),
    )


def selected_login(context: RequestContext, people: Iterable[User], field: str = "login") -> str:
    """The login that the form means. Raises SeveralPeople."""
    return login_of_typed(context.form_value(WHO) or context.form_value(field), people)
