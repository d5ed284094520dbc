"""The dates in the address of a page, as users type them: `07/11/2024`, `7 nov. 2014`.

The API and the feeds read ISO dates only.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import wraps
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from kb.errors import translatable
from kb.model.dates import days_of
from kb.model.written_dates import LONGEST_WRITTEN_DATE, is_missing_from_calendar, parse_written_date
from kb.web.http.context import Handler, RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.http.urls.page_urls import quoted_path

_NOT_A_DATE = translatable("This is not a date: 07/11/2024, 11/2024, 2024 or 7 Nov. 2024 was expected.")
_NO_SUCH_DATE = translatable("This date does not exist: check the day and the month.")
_BACKWARDS = translatable("The period ends before it begins.")
_DATES = ("from", "to")


def with_typed_dates(page: Handler, *, has_form: bool = False) -> Handler:
    """Let a page read `from` and `to` as users type them: the answer redirects to the address with ISO dates.

    `has_form`: the page has the fields of the dates. There a value that is no date, or an end before the start, is left
    out of the search, and `unread_dates` has its sentence; on other pages it is an error.
    """

    @wraps(page)
    def read_dates(context: RequestContext) -> Response:
        params = tuple(
            (name, parse_written_date(value) or value)
            if name in _DATES and not is_iso_date(value.strip())
            else (name, value)
            for name, value in context.params
        )
        if params != context.params:
            address = f"{quoted_path(context.path)}?{urlencode(params)}"
            return RedirectResponse(address, 302, headers={"Cache-Control": "no-store"})
        errors = _errors_of(params)
        if not errors or not has_form:
            return page(context)
        known = tuple(pair for pair in params if pair[0] not in errors)
        typed = {name: value[:LONGEST_WRITTEN_DATE] for name, value in params if name in errors}
        unread = tuple((name, value, errors[name]) for name, value in typed.items())
        return page(replace(context, params=known, unread_dates=unread))

    return read_dates


def is_iso_date(value: str) -> bool:
    """Whether a text is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`."""
    try:
        days_of(value)
    except ValueError:
        return False
    return True


def date_error(typed: str) -> str:
    """The sentence about a typed text that is no date."""
    return _NO_SUCH_DATE if is_missing_from_calendar(typed) else _NOT_A_DATE


def _errors_of(params: Pairs) -> Mapping[str, str]:
    """The sentence about each parameter that is no date, or ends the period before it begins."""
    typed = {name: value.strip() for name, value in params if name in _DATES and value.strip()}
    errors = {name: date_error(value) for name, value in typed.items() if not is_iso_date(value)}
    if not errors and len(typed) == len(_DATES) and days_of(typed["from"])[0] > days_of(typed["to"])[1]:
        errors["to"] = _BACKWARDS
    return errors
