"""Citations of an item or of a highlight: all styles to copy, or one style alone."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.citations.citation import Citation, citation_of
from kb.citations.styles import CITATION_STYLES
from kb.errors import Invalid
from kb.services.items.items import item_page
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

_LINE = 80
"""The approximate number of characters in a line of a text to copy."""


@dataclass(frozen=True, slots=True)
class StyleBlock:
    """One text to copy: `rows` is its height in lines; `file` links to it as a file."""

    name: str
    label: str
    text: str
    rows: int
    file: str


@dataclass(frozen=True, slots=True)
class CitePage:
    title: str
    form: SearchForm
    back: Link
    styles: tuple[StyleBlock, ...]


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
    translator, addresses = context.translator, context.addresses
    title = citation.named(translator)
    page = CitePage(
        title=translator.gettext("Cite “%(title)s”", title=title),
        form=search_form_of(context),
        back=Link(title, addresses.annotation(item, passage)),
        styles=tuple(
            StyleBlock(
                name=name,
                label=translator.gettext(style.label),
                text=text,
                rows=sum(1 + len(line) // _LINE for line in text.splitlines()),
                file=addresses.cite(item.id, passage, name) if style.suffix else "",
            )
            for name, style in CITATION_STYLES.items()
            for text in (style.write(citation, translator),)
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
