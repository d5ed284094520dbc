"""Pages of linkding's listings: `limit` and `offset` in, `count`, `next`, `previous` and `results` out."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid
from kb.services.clients.listings import Span
from kb.web.http.context import RequestContext
from kb.whole_numbers import parse_whole_number

DEFAULT_LIMIT = 100
_LARGEST_NUMBER = 10**12


@dataclass(frozen=True, slots=True)
class Paging:
    """The part of a listing that a request asks for."""

    limit: int
    offset: int

    @classmethod
    def of(cls, context: RequestContext, most: int) -> "Paging":
        """The part of `limit` and `offset`; a value that is no number counts as missing, as linkding does."""
        values = (context.param(name) for name in ("limit", "offset"))
        limit, offset = (parse_whole_number(value, 0, most=_LARGEST_NUMBER) for value in values)
        return cls(min(limit or DEFAULT_LIMIT, most), offset)

    @property
    def span(self) -> Span:
        """The positions of the items."""
        return Span(self.offset, self.limit)


def page_response(context: RequestContext, paging: Paging, total: int, results: list[dict[str, object]]) -> Response:
    """A page of a listing, with the addresses of its neighbours; the next one begins after the last result."""
    after, before = paging.offset + (len(results) or paging.limit), paging.offset - paging.limit
    return JSONResponse(
        {
            "count": total,
            "next": _address(context, paging.limit, after) if after < total else None,
            "previous": _address(context, paging.limit, max(0, before)) if paging.offset > 0 else None,
            "results": results,
        }
    )


def path_number(context: RequestContext) -> int:
    """The number in an address; -1, which nothing has, for what is no number."""
    return parse_whole_number(context.path_params["id"], -1, most=_LARGEST_NUMBER)


def parameter_number(context: RequestContext, name: str) -> int | None:
    """The number in a parameter; None without one. Raises Invalid."""
    text = context.param(name)
    number = parse_whole_number(text, None, most=_LARGEST_NUMBER)
    if text and number is None:
        raise Invalid("“%(name)s” should be a number.", name=name)
    return number


def _address(context: RequestContext, limit: int, offset: int) -> str:
    other_params = [(name, value) for name, value in context.params if name not in {"limit", "offset"}]
    query = urlencode([*other_params, ("limit", limit), ("offset", offset)])
    return f"{context.library.settings.base_url}{context.path}?{query}"
