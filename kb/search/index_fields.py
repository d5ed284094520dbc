"""The fields of our documents.

There are two kinds of document, distinguished by the field `document` and never mixed in one answer: the item, with all
its words, and the passage (one annotation), with its own author and date.
"""

from collections.abc import Iterator

from index import Field, Kind, Schema
from kb.search.facet_registry import FACETS, TAG
from kb.search.text_fields import TEXT_FIELDS

ITEM, PASSAGE = "item", "passage"


def _facet_fields() -> Iterator[Field]:
    for facet in FACETS:
        if facet.item_values:
            yield Field(facet.name, Kind.KEYWORD, folded=facet.folded)
        if facet is TAG:
            # The same without accents: `étiquette:numerique` finds « numérique ».
            yield Field("tag_folded", Kind.KEYWORD)


SCHEMA = Schema(
    key="key",
    apart="document",
    fields=(
        Field("key", Kind.KEYWORD),
        Field("document", Kind.KEYWORD),
        Field("item", Kind.KEYWORD),
        *_facet_fields(),
        # The folded title: sorting by KEYWORD compares code points.
        Field("title_order", Kind.KEYWORD),
        Field("cited", Kind.PERIOD),
        Field("added", Kind.PERIOD),
        Field("published", Kind.PERIOD),
        # The year of each: every date, however precise, lies in one year, and counts of months do not add up to years.
        Field("cited_year", Kind.KEYWORD),
        Field("added_year", Kind.KEYWORD),
        Field("published_year", Kind.KEYWORD),
        # Microseconds since 1970-01-01 UTC.
        Field("added_at", Kind.NUMBER),
        Field("updated_at", Kind.NUMBER),
        Field("views", Kind.NUMBER),
        # The place in the order of import; for a passage, its item's place, then its own.
        Field("order", Kind.NUMBER),
        # All the words of the document, stemmed, and the same only folded: plain words of a query search these.
        Field("text", Kind.TEXT),
        Field("exact", Kind.TEXT, exact=True),
        # The same words again by field, for `titre:` and the like.
        *(Field(field.name, Kind.TEXT, exact=field.exact) for field in TEXT_FIELDS),
        # The text of the item's page, if there is one, stemmed and only folded. These words were not written by
        # users: they have fields of their own, count for less, and are never suggested.
        Field("page", Kind.TEXT),
        Field("page_exact", Kind.TEXT, exact=True),
        # The vectors of the texts, those of one model, which the other field names: searches by vector filter by it.
        Field("embedding", Kind.VECTOR),
        Field("embedding_model", Kind.KEYWORD),
    ),
)
