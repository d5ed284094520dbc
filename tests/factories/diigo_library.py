"""A group's library on Diigo, with French words and the irregularities of real ones, determined by a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class DiigoUser:
    """A user: the login in addresses, and the name that pages show."""

    login: str
    name: str


@dataclass(frozen=True, slots=True)
class DiigoComment:
    """A comment on a bookmark or on a highlight."""

    body: str
    user: DiigoUser
    created: datetime


@dataclass(frozen=True, slots=True)
class DiigoHighlight:
    """A highlight with its comments; no format has its colour."""

    quote: str
    created: datetime
    comments: tuple[DiigoComment, ...] = ()
    color: str = "yellow"


@dataclass(frozen=True, slots=True)
class DiigoBookmark:
    """A bookmark of the group. `shared`: visible to others."""

    url: str
    title: str
    user: DiigoUser
    created: datetime
    updated: datetime
    description: str = ""
    tags: tuple[str, ...] = ()
    shared: bool = True
    views: int = 0
    highlights: tuple[DiigoHighlight, ...] = ()
    comments: tuple[DiigoComment, ...] = ()


GROUP_SLUG, GROUP_NAME = "usages-numeriques-63", "USAGES NUMERIQUES 63"
USERS = (
    DiigoUser("gaviolig", "gaviolig"),
    DiigoUser("sophiepoint", "Sophie Point"),
    DiigoUser("doc_cd63", "Documentation CD63"),
    DiigoUser("eleonore", "Éléonore d’Été"),
)
_WORDS = (
    "agents archives médiathèque territoire numérique données ouvertes usages collectivité bibliothèque médiation"
    " été évaluation réseau partage lecture publique enquête atelier patrimoine œuvre cœur élève accès droit commune"
    " département région service citoyen démarche formation outil logiciel libre veille projet équipe méthode"
).split()
_TAGS = (
    "agents",
    "données ouvertes",
    "Médiathèque",
    "santé/social",
    "c++",
    "#numérique",
    "« usages »",
    "l'été",
    "a&b",
    "<html>",
    "行政",
)
ODD_TEXTS = (
    "« Une mare n’existe vraiment\u202f», dit l’un (72\xa0ans).",
    "…et c’est ainsi que 214 mares ont reçu un nom...",
    "a < b && c > d ; &amp; <b>gras</b> et C:\\nouveau",
    "Première ligne\nDeuxième ligne\n\nAprès une ligne vide",
    "Il dit : \"oui\", puis 'non' ; 50\xa0% — ¿ ñ ß ﬁ 😀 e\u0301",
    "Highlight: ceci n’est pas un surlignage",
    "Sticky notes: ni ceci une note",
    "<script>alert(1)</script> reste un texte",
    "مرحبا \u202eesrever\u202c שלום",
    "- Lagazette.fr, 7 nov 2014",
)
"""Texts with a special meaning in some format."""
_START = datetime(2014, 11, 7, 9, 12, tzinfo=UTC)


def a_diigo_library(count: int, seed: int = 63) -> tuple[DiigoBookmark, ...]:
    """`count` bookmarks by four users, the newest first: some are private, some have equal titles, and one in 50 has
    the address of another one in a different spelling.
    """
    rng = Random(seed)
    return tuple(reversed(list(_bookmarks(rng, count))))


def _bookmarks(rng: Random, count: int) -> Iterator[DiigoBookmark]:
    same: DiigoBookmark | None = None
    for number in range(count):
        created = _START + timedelta(hours=7 * number, seconds=rng.randrange(3600))
        if same is not None and number % 50 == 7:
            yield _again(rng, same, created)
            continue
        bookmark = _bookmark(rng, number, created)
        if number % 50 == 3:
            same = bookmark
        yield bookmark


def _bookmark(rng: Random, number: int, created: datetime) -> DiigoBookmark:
    user = USERS[number % len(USERS)]
    title = _title(rng, number)
    return DiigoBookmark(
        url=f"https://exemple.fr/articles/{number}?page=1&n={number}",
        title=title,
        user=user,
        created=created,
        updated=created + timedelta(days=rng.randrange(1, 300)),
        description=_sentence(rng, 12) if number % 3 == 0 else ODD_TEXTS[3] if number % 29 == 1 else "",
        tags=tuple(dict.fromkeys(rng.choice(_TAGS) for _ in range(number % 5))),
        shared=number % 11 != 4,
        views=number % 17,
        highlights=_highlights(rng, number, user, created),
        comments=_comments(rng, number, created) if number % 4 == 1 else (),
    )


def _title(rng: Random, number: int) -> str:
    if number % 13 == 5:
        return "Accueil"
    words = _sentence(rng, 5 + number % 25 if number % 7 == 2 else 6)
    return f"{number} {words}" if number % 9 else f'{number} « {words}\u202f» & <suite> "fin" …'


def _again(rng: Random, same: DiigoBookmark, created: datetime) -> DiigoBookmark:
    """The page of an earlier bookmark, shared again with another spelling of its address."""
    user = USERS[(USERS.index(same.user) + 1) % len(USERS)]
    return DiigoBookmark(
        url=same.url.replace("https://exemple.fr", "http://www.EXEMPLE.fr") + "&utm_source=lettre#suite",
        title=same.title,
        user=user,
        created=created,
        updated=created + timedelta(days=1),
        description=same.description,
        tags=(*same.tags[:1], "repris"),
        highlights=(DiigoHighlight(_sentence(rng, 9), created + timedelta(minutes=3)),),
    )


def _highlights(rng: Random, number: int, user: DiigoUser, created: datetime) -> tuple[DiigoHighlight, ...]:
    highlights = []
    for place in range((0, 1, 3, 6, 0)[number % 5]):
        quote = rng.choice(ODD_TEXTS) if (number + place) % 3 == 0 else _sentence(rng, 15)
        time = created + timedelta(minutes=10 + place)
        comments = tuple(
            DiigoComment(_text(rng, number + place), rng.choice((user, *USERS)), time + timedelta(hours=1 + index))
            for index in range((0, 0, 1, 2)[(number + place) % 4])
        )
        if quote not in [highlight.quote for highlight in highlights]:
            highlights.append(DiigoHighlight(quote, time, comments, rng.choice(("yellow", "blue", "green", "pink"))))
    return tuple(highlights)


def _comments(rng: Random, number: int, created: datetime) -> tuple[DiigoComment, ...]:
    bodies = dict.fromkeys(_text(rng, number + place) for place in range(1 + number % 3))
    return tuple(
        DiigoComment(body, rng.choice(USERS), created + timedelta(days=1, minutes=place))
        for place, body in enumerate(bodies)
    )


def _text(rng: Random, number: int) -> str:
    return rng.choice(ODD_TEXTS) if number % 4 == 0 else _sentence(rng, 8)


def _sentence(rng: Random, words: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(words)).capitalize() + "."
