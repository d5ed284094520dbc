"""Export files for tests, and items with every part."""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import strategies as st

from kb.formats.export_formats import EXPORT_FORMATS
from kb.formats.shared.export_format import ExportDetails
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.translation import Translator
from tests.factories.citation import BASE, HOSTILE, dates, texts
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item

CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy")
QUAIS = a_group("quais", "Quais & rives")
WHOLE = an_item(
    "L’archive et le <réseau>",
    id="archive",
    group=QUAIS,
    url="https://www.exemple.fr/archive?a=1&b=2",
    byline="Jeanne Roux et Paul Blanc",
    source="La Gazette",
    published="2014-11-07",
    added="2014-11-08T23:30:00+01:00",
    updated="2014-12-01T08:00:00Z",
    language="fr",
    description="Ce que l’on garde,\net pourquoi.",
    author=CLAIRE,
    views=3,
    tags=("agents", "santé/social", "données ouvertes"),
    annotations=[
        an_annotation("Les archives\nservent à tous.", id="h1", author=CLAIRE, added="2014-11-09T10:00:00Z"),
        an_annotation("À tous ?", id="n1", body="Vraiment à tous.", author=PAUL, added="2014-12-01T08:00:00Z"),
        an_annotation(None, id="c1", body="À relire.", replies=[a_reply("Relue.", id="r1", author=PAUL)]),
    ],
)
BARE = an_item("Sans rien", id="bare", group=QUAIS)
FORMULAS = ("=1+1", "+33", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("https://x")')


def export_details(language: str = "fr", title: str = "Les quais") -> ExportDetails:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    return ExportDetails(title, "Florilège", BASE, "autorite", now, Translator(language))


def exported(form: str, *items: Item, group: Group = QUAIS, details: ExportDetails | None = None) -> bytes:
    """The export file of some items in a format."""
    rows: Iterable[tuple[Item, Group]] = ((item, group) for item in items)
    return b"".join(EXPORT_FORMATS[form].write(rows, details or export_details()))


odd_texts = texts | st.sampled_from(
    [*FORMULAS, HOSTILE, "]]>", "<!--", "\x01\x1f\x7f\x85\ufffe", "a,b;c\td", "---", "…"]
)
"""Any storable text, often with characters that have a meaning in a format."""
addresses = st.none() | st.sampled_from(
    [
        "https://exemple.fr/?a=1&b=%20",
        "javascript:alert(1)",
        "une adresse",
        'https://exemple.fr/"<x>|{y}\\',
        "HTTP://É.FR/é",
    ]
)
odd_items = st.builds(
    lambda title, url, description, byline, source, published, tags, quote, body, reply: an_item(
        title or "x",
        id="i-1",
        group=QUAIS,
        url=url,
        description=description,
        byline=byline,
        source=source,
        published=published,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag.strip())),
        author=CLAIRE,
        added="2014-11-08T23:30:00+01:00",
        language="fr",
        annotations=[
            an_annotation(quote, id="a-1", author=PAUL, replies=[a_reply(reply, id="r-1")]),
            an_annotation(None, id="a-2", body=body or "x"),
        ],
    ),
    odd_texts,
    addresses,
    odd_texts,
    odd_texts,
    odd_texts,
    dates,
    st.lists(odd_texts, max_size=3),
    odd_texts,
    odd_texts,
    odd_texts,
)
"""An item with any storable texts."""
