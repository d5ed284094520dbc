"""Citations of an item or of a highlight: all styles to copy, or one style alone."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.citations.citation import Citation, citation_of
from kb.citations.citation_formats import CITATION_STYLES, CitationStyle
from kb.errors import Invalid
from kb.model.items.item import Item
from kb.services.items.items import item_page
from kb.web.http.context import RequestContext
from kb.web.ui.rendering import render

_LINE = 80
"""The approximate number of characters in a line of a text to copy."""


@dataclass(frozen=True, slots=True)
class CitePage:
    """The citations of `item` or of the annotation `passage`: each style with its name, the text to copy, and the
    height of the text in lines.
    """

    title: str
    item: Item
    passage: str | None
    styles: tuple[tuple[str, CitationStyle, str, int], ...]


def cite_page(context: RequestContext) -> Response:
    """The page, or with `format` the plain text. An unreadable item gives the same answer as a missing one. Raises
    Invalid.
    """
    params = dict(reversed(context.params))
    item = item_page(context.library, context.actor, context.path_params["id"]).item
    passage = params.get("passage") or None
    citation = citation_of(item, context.library.settings.base_url, passage)
    if name := params.get("format"):
        return _plain_text_response(context, citation, name)
    page = CitePage(
        title=citation.named(context.translator),
        item=item,
        passage=passage,
        styles=tuple(
            (name, style, text, sum(1 + len(line) // _LINE for line in text.splitlines()))
            for name, style in CITATION_STYLES.items()
            for text in (style.write(citation, context.translator),)
        ),
    )
    return render(context, "items/citations.html", page)


def _plain_text_response(context: RequestContext, citation: Citation, name: str) -> Response:
    style = CITATION_STYLES.get(name)
    if style is None:
        raise Invalid(
            "A citation has no format “%(name)s”: there are %(known)s.", name=name, known=", ".join(CITATION_STYLES)
        )
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Accept-Language, Cookie"}
    if style.suffix:
        # Identifiers contain only letters, digits, hyphens and underscores, which are safe in a file name.
        headers["Content-Disposition"] = f'attachment; filename="{citation.key.replace(":", "-")}{style.suffix}"'
    return Response(
        style.write(citation, context.translator), media_type=f"{style.media_type}; charset=utf-8", headers=headers
    )
