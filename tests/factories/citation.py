"""Citations for tests: one with random texts, and one with every part."""

from dataclasses import fields

from hypothesis import strategies as st

from kb.citations.citation import Citation, citation_of
from kb.model.document_type import DocumentType
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.translation import Translator
from tests.factories.items import a_reply, a_user, an_annotation, an_item

FRENCH, ENGLISH = Translator("fr"), Translator("en")
BASE = "https://lire.exemple.fr"
LONG_DASH = "a -- b --- ``c'' !` ?` ,,d"
HOSTILE = '} \\end{document} {\\input{x}} % $a_b^c$ #1 & ~ <b>|"q"</b>\nER  - \r\nTY  - JOUR\n\n@misc{x,}\u2028AU  - Y'

paul = a_user("paul-roy", "Paul Roy")
THE_ITEM = an_item(
    "L’archive et le réseau",
    id="archive",
    url="https://www.exemple.fr/archive?a=1&b=2",
    byline="Jeanne Roux et Paul Blanc",
    source="La Gazette",
    published="2014-11-07",
    added="2014-11-08T23:30:00+01:00",
    language="fr",
    description="Ce que l’on garde,\net pourquoi.",
    annotations=[
        an_annotation("Les archives\nservent à tous.", id="h1"),
        an_annotation("À tous ?", id="n1", body="Vraiment à tous.", author=paul, added="2014-12-01T08:00:00Z"),
        an_annotation(None, id="c1", body="À relire.", replies=[a_reply("Relue.", id="r1", author=paul)]),
    ],
)


ITEM_FIELDS = {field.name for field in fields(Item)} - {"changed_at", "group_id"}


def a_citation(passage: str | None = None, **fields: object) -> Citation:
    """The citation of an item with every part. Other fields of Item are given by name."""
    return citation_of(a_cited_item(**fields), BASE, passage)


def a_cited_item(**fields: object) -> Item:
    """THE_ITEM with other fields."""
    return an_item(**({name: getattr(THE_ITEM, name) for name in ITEM_FIELDS} | fields))  # type: ignore[arg-type]


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=60) | st.sampled_from(
    [HOSTILE, LONG_DASH, "« a »", "l'«\u202fété\u202f»\u00a0!", "ER  - ", "{", "}", "\\", "%", "''", "-" * 5]
)
"""Any storable text."""
dates = st.sampled_from([None, "2014", "2014-11", "2014-11-07"])
cited_items = st.builds(
    lambda title, source, byline, quote, body, description, published, kind, place, document_type: an_item(
        title,
        id="i-1",
        url="https://exemple.fr/",
        source=source,
        byline=byline,
        description=description,
        published=published,
        document_type=document_type,
        publisher=place[0],
        volume=place[1],
        issue=place[2],
        page_range=place[3],
        annotations=[an_annotation(quote, id="a-1", body=body, kind=kind)],
    ),
    texts,
    texts,
    texts,
    texts,
    texts,
    texts,
    dates,
    st.sampled_from(AnnotationKind),
    st.just((None,) * 4) | st.tuples(texts, texts, texts, texts),
    st.sampled_from([None, *DocumentType]),
)
"""Items with any storable texts."""
citations = cited_items.map(lambda item: citation_of(item, BASE, "a-1"))
"""The citation of a passage of such an item."""
