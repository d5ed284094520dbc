"""The parameters that a program sends in its address and in a form."""

from collections.abc import Mapping

from kb.model.storable_text import is_storable
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import parse_form_fields


def sent_parameters(context: RequestContext) -> Mapping[str, str]:
    """The values by name: of the form, else of the address; the first of each. What no database can store is left out.

    Raises Invalid.
    """
    form = parse_form_fields(context.body) if context.body else ()
    return {name: value for name, value in reversed((*form, *context.params)) if is_storable(value)}


def is_yes(value: str | None) -> bool:
    """Whether a value means yes."""
    return (value or "").strip().lower() in {"yes", "true", "1"}
