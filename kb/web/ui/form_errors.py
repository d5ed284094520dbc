"""Form pages: do what a sent form asks for, or show its page again with the error and the typed values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from types import MappingProxyType

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, LoginNeeded
from kb.model.items.item_fields import InvalidDate, InvalidTitle
from kb.model.written_dates import is_missing_from_calendar
from kb.web.http.context import FormError, Handler, RequestContext
from kb.web.http.typed_dates import date_error

_SHOWN_ERRORS: Mapping[type[FlorilegeError], int] = MappingProxyType({Invalid: 400, Conflict: 409})


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row with a form of its own, which sends `key` back. `has_link`: it is an invitation, whose link can be replaced
    by a new one; `delivery` says what became of its e-mail message, which can be sent again to `address`, unless empty.
    """

    key: str
    name: str
    facts: str
    has_link: bool = False
    delivery: str = ""
    address: str = ""


def handle_form(
    page: Handler, also: Mapping[type[FlorilegeError], int] = MappingProxyType({})
) -> Callable[[Handler], Handler]:
    """Decorate the function that does what the form of a page asks for, and returns the answer: most often
    `redirect_with_flash`.

    If it raises Invalid (400), Conflict (409) or an error of `also`, which gives their status, `page` answers instead,
    with the request as it was sent: `context.typed_value` gives the value of a field to show again, and `render` shows
    the error and sets status and Retry-After. Any other error, and LoginNeeded in any case, gets an error page. What
    `page` raises itself, such as NotFound, comes before the error of the form.
    """
    # The first kind that an error is of gives its status.
    statuses = (*also.items(), *_SHOWN_ERRORS.items())
    shown = tuple(kind for kind, _ in statuses)

    def decorate(act: Handler) -> Handler:
        @wraps(act)
        def run(context: RequestContext) -> Response:
            try:
                return act(context)
            except shown as error:
                if isinstance(error, LoginNeeded):
                    # The answer is the login form, which carries the text along.
                    raise
                status = next(status for kind, status in statuses if isinstance(error, kind))
                return page(replace(context, form_error=FormError(_error_to_show(error), status)))

        return run

    return decorate


def _error_to_show(error: FlorilegeError) -> FlorilegeError:
    """The error in the words of forms, which take dates as users write them: the API asks for those of programs."""
    if isinstance(error, InvalidDate):
        if is_missing_from_calendar(str(error.values["date"])):
            return InvalidDate("“%(date)s” does not exist: check the day and the month.", **error.values)
        return InvalidDate(
            "“%(date)s” is no date: 07/11/2024, 11/2024, 2024 or 7 Nov. 2024 was expected.", **error.values
        )
    return error


def field_errors(context: RequestContext) -> dict[str, str]:
    """The sentence about the field of an item that cannot be saved, by its name."""
    error = context.form_error.error if context.form_error else None
    if isinstance(error, InvalidDate):
        return {"published": context.translator.gettext(date_error(str(error.values["date"])))}
    return {"title": context.translator.sentence(error)} if isinstance(error, InvalidTitle) else {}
