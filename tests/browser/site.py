"""A library to look at: long and short, hostile and plain, in two groups."""

from dataclasses import dataclass, replace
from typing import Never

from kb.catalogue.searching import OUTDATED
from kb.errors import Unavailable
from kb.library.opening import Library
from kb.model.item import Item
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import ConceptText, Vocabulary
from tests.browser.addresses import Known
from tests.factories import a_group, a_reply, a_user, an_annotation, an_item
from tests.library_factories import a_library, an_empty_library
from tests.vocabulary_factories import a_concept, french

LECTURES, ATELIER = a_group("lectures", "Lectures communes"), a_group("atelier", "Atelier du mardi")
PEOPLE = (a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy"), a_user("doc", "Centre de documentation"))
PENS = (None, "yellow", "green", "blue", "pink")
TITLES = (
    "Services publics en ligne : les agents racontent leurs usages",
    "La participation, outil de modernisation du fonctionnement interne",
    "Ouvrir ses données, et s’en servir d’abord soi-même",
    "What clerks say about digital services",
)
QUOTES = (
    (
        "La réussite passe par un changement de posture : les agents « souhaitent inscrire leur action dans une "
        "démarche agile, réactive et moins hiérarchisée, qui favorisera leur participation »."
    ),
    "Ce qu’il manque aux administrations, c’est de manger leurs propres données.",
    "Les messages se diluent souvent à travers les strates hiérarchiques ; les agents le disent tous.",
)
SOURCES = ("La Gazette", "Les numériques", "Le Bulletin", None)
HOSTILE = "</title><script>alert(1)</script> \u202eÀ l’envers " + "sanscoupure" * 30


KNOWN = Known(item="item-13", group="lectures", tag="agents", author="claire", saved="veille", word="agents")


def the_library() -> Library:
    items = (*(_item(number) for number in range(45)), _trap())
    library = a_library(*items, groups=(LECTURES, ATELIER, a_group("vide", "Groupe vide")))
    with library.store.write() as writing:
        writing.vocabularies.set(LECTURES.id, _vocabulary())
        writing.saved_searches.add(
            SavedSearch.of(
                "veille", LECTURES.id, "Les agents, en français", "q=agents&language=fr", "2015-02-03T09:00:00Z"
            )
        )
    return library


def _vocabulary() -> Vocabulary:
    """Words that the items have, and hostile ones."""
    return Vocabulary.of(
        [
            a_concept("personnel"),
            a_concept(
                "agents",
                "clerks",
                "<b>fonctionnaires</b>",
                broader=["personnel"],
                related=["réseau"],
                definition=french('Qui travaille pour une administration & ses "publics".'),
            ),
            a_concept("agents de terrain", broader=["agents"], notation=(ConceptText("", "1.2"),)),
            a_concept("réseau", "maillage"),
            a_concept("t" * 200),
            a_concept(HOSTILE),
        ]
    )


def a_broken_library(status: int) -> Library:
    """A library whose searches fail: 500 by a fault of ours, 503 because its index is not there."""
    library = an_empty_library()
    return replace(library, catalogue=_Broken(status))  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Broken:
    status: int

    def __getattr__(self, name: str) -> Never:
        if self.status == 503:
            raise Unavailable(OUTDATED)
        raise RuntimeError(name)


def _item(number: int) -> Item:
    author = PEOPLE[number % 3]
    return an_item(
        TITLES[number % 4],
        id=f"item-{number}",
        group=LECTURES if number % 3 else ATELIER,
        order=number,
        author=author,
        source=SOURCES[number % 4],
        published=f"2014-{number % 9 + 1:02}" if number % 5 else None,
        added=f"2015-01-{number % 28 + 1:02}T09:00:00Z",
        language="en" if number % 4 == 3 else "fr",
        url=f"https://www.exemple-{number % 7}.fr/{number}" if number % 6 else None,
        description="Un dossier sur les usages des agents." if number % 7 == 0 else None,
        tags=[
            *["agents", f"thème {number % 30}", "réseau"][: number % 3 + 1],
            *(["archives", "mémoire"] if number % 11 == 5 else []),
        ],
        annotations=[
            *(
                an_annotation(QUOTES[(number + place) % 3], id=f"h-{number}-{place}", color=PENS[place % 5])
                for place in range(number % 7)
            ),
            an_annotation(
                "Un passage annoté par les agents.", id=f"n-{number}", body="Même constat ailleurs.", author=author
            ),
            an_annotation(
                None,
                id=f"c-{number}",
                body="À rapprocher de la note de mars.",
                author=PEOPLE[(number + 1) % 3],
                added="2015-02-01",
                replies=[a_reply("D’accord.", id=f"r-{number}", author=author, added="2015-02-02")],
            ),
        ],
    )


def _trap() -> Item:
    return an_item(
        HOSTILE,
        id="trap",
        group=LECTURES,
        order=99,
        author=a_user("piege", "\u202e" + "P" * 120),
        source="S" * 150,
        published="2014-10",
        tags=["t" * 120, "<b>agents</b>"],
        annotations=[an_annotation("agents " + "x" * 900, id="h-trap")],
    )
