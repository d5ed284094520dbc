"""A library for tests of feeds: difficult content in two public groups and in a closed one."""

from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.model.people.group import Visibility
from kb.model.saved_search import SavedSearch
from kb.services.core.library import Library
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

LECTURES = a_group("lectures", "Lectures & <communes>", description="Ce que nous lisons.")
ATELIER = a_group("atelier", "Atelier")
SECRET = a_group("secret", "Secret", visible=Visibility.MEMBERS)
CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul <Roy>")
HOSTILE = "]]></title><script>alert(1)</script>&amp;&#0; \x0b\x1f\u202e\ufffe\uffff \U0001f600"
ODD_TAGS = (
    "agents",
    "a/b",
    "agents.rss",
    "C#",
    "50 %",
    "..",
    "é?x=1&y",
    "a.json/b",
    "<b>",
    "\u202e",
    "«\u202fmot\u202f»",
)
DATES = (
    "2014-11-07",
    "2014-11-07T09:12:00Z",
    "2014-11-07T23:30:00-05:00",
    "2014-11-07T09:12:00.123456+02:00",
    "0001-01-01",
    "9999-12-31",
    None,
)


def a_shelf() -> Library:
    library = a_library(*_items(), groups=(LECTURES, ATELIER, SECRET))
    with library.store.write() as writing:
        for id_, group, parameters in SEARCHES:
            writing.saved_searches.add(
                SavedSearch.of(id_, group.id, f"Veille {id_}", parameters, "2026-01-02T03:04:05Z")
            )
    return library


SEARCHES = (
    ("s-any", LECTURES, "q=agents+formation"),
    ("s-title", ATELIER, "q=agents+formation&match=all&sort=title"),
    ("s-passages", LECTURES, "view=passages&kind=note"),
    ("s-empty", LECTURES, "q=introuvable"),
)


def _items() -> tuple[Item, ...]:
    plain = tuple(
        an_item(
            f"Les agents, n° {number}",
            id=f"i-{number}",
            group=ATELIER if number % 3 else LECTURES,
            order=number,
            author=CLAIRE if number % 2 else None,
            url=f"https://www.exemple.fr/{number}?a=1&b=é" if number % 4 else None,
            source="La Gazette" if number % 5 else None,
            published="2014-11" if number % 2 else None,
            added=DATES[number % len(DATES)],
            language=("fr", "en", "pas une langue", None)[number % 4],
            tags=[ODD_TAGS[number % len(ODD_TAGS)], "agents"]
            if ODD_TAGS[number % len(ODD_TAGS)] != "agents"
            else ["agents"],
            annotations=[an_annotation(f"Un agent passe.\nPuis {number} autres.", id=f"h-{number}")],
        )
        for number in range(1, 46)
    )
    return (*plain, _thread(), _hostile(), _item_without_fields(), _secret())


def _thread() -> Item:
    return an_item(
        "Formation",
        id="thread",
        group=LECTURES,
        order=100,
        author=CLAIRE,
        url="https://exemple.fr/formation",
        description="Sur la formation des agents.",
        source="La Gazette",
        published="2014-11-01",
        added="2026-02-01T09:00:00Z",
        tags=["formation", "agents"],
        annotations=[
            an_annotation("Les agents se forment.", id="h-thread"),
            an_annotation(
                "Une formation longue.", id="n-thread", body="À voir.\n\nEncore.", author=PAUL, added="2026-02-02"
            ),
            an_annotation(
                None,
                id="c-thread",
                body="Qui en parle ?",
                author=PAUL,
                added="2026-02-03T10:00:00Z",
                replies=[a_reply("Les agents.", id="r-thread", author=CLAIRE, added="2026-02-04")],
            ),
        ],
    )


def _hostile() -> Item:
    return an_item(
        HOSTILE,
        id="hostile",
        group=LECTURES,
        order=101,
        author=a_user("piege", HOSTILE),
        byline=HOSTILE,
        url="javascript:alert(1)",
        description=HOSTILE,
        source=HOSTILE,
        added="2026-02-01",
        tags=[HOSTILE, *ODD_TAGS],
        annotations=[
            an_annotation(
                HOSTILE, id="h-hostile", body=HOSTILE, author=PAUL, replies=[a_reply(HOSTILE, id="r-hostile")]
            ),
            an_annotation(None, id="c-hostile", body="agents " + HOSTILE, kind=AnnotationKind.COMMENT),
            an_annotation("x" * 5_000, id="h-long"),
        ],
    )


def _item_without_fields() -> Item:
    return an_item(None, id="bare", group=ATELIER, order=102, url="https://exemple.fr/\u202e?q= \"'<x>")


def _secret() -> Item:
    return an_item(
        "Les agents secrets",
        id="secret-item",
        group=SECRET,
        order=103,
        author=PAUL,
        added="2026-03-01",
        tags=["agents"],
        annotations=[an_annotation("Un agent secret.", id="h-secret")],
    )
