"""The parameters that a program sends in its address and in a form."""

from collections.abc import Mapping

from kb.errors import Invalid
from kb.model.storable_text import is_storable
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import parse_form_fields
from kb.whole_numbers import parse_whole_number


def sent_parameters(context: RequestContext) -> Mapping[str, str]:
    """The values by name: of the form, else of the address; the first of each. What no database can store is left out.

    Raises Invalid.
    """
    form = parse_form_fields(context.body) if context.body else ()
    return {name: value for name, value in reversed((*form, *context.params)) if is_storable(value)}


def is_yes(value: str | None) -> bool:
    """Whether a value means yes."""
    return (value or "").strip().lower() in {"yes", "true", "1"}


def number_parameter(context: RequestContext, name: str, usual: int, first: int, last: int) -> int:
    """A whole number in the address; the usual one without it. Raises Invalid beyond the bounds."""
    text = context.param(name)
    number = parse_whole_number(text, -1, most=last)
    if text and number < first:
        raise Invalid("“%(name)s” should be a number from %(first)s to %(last)s.", name=name, first=first, last=last)
    return number if text else usual
