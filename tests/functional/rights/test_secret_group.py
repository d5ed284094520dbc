"""Two sites that differ only by a group that is closed to the caller: no request of the caller can tell them apart."""

import random
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, urlencode

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.account import Account, Session, Token, TokenScope
from kb.model.people.group import Group, Role, Visibility
from kb.model.people.secret import secret_hash
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import Vocabulary
from kb.search.index_search import open_catalogue
from kb.services.clients.numeric_ids import KEY_NAME, NumericIds
from kb.services.core.library import Library
from kb.settings import Settings
from kb.site import all_routes, create_app, migrate, open_store
from kb.store import Store
from tests.checkers.http_dates import next_second
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.vocabulary import a_concept
from tests.support.databases import copied_library, is_on_server, settings_in
from tests.support.thoroughness import IS_THOROUGH

LONG_AGO, LONG_AFTER = "2015-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"
OPEN, INNER = a_group("veille", "Veille"), a_group("interne", "Interne", visible=Visibility.SIGNED_IN)
SECRET = a_group("confidences", "Confidences", visible=Visibility.MEMBERS)
STRANGER = "marie"
QUERIES = 500 if IS_THOROUGH else 30 if is_on_server() else 150
"""The index answers them, which is the same with a PostgreSQL server."""
KEY = bytes(32)
"""The key of the numeric ids of both sites."""

WORDS = (
    "agents numérique participation archives territoire médiation usages administration données réseau eau rivière "
    "accueil bibliothèque service public citoyen ouverture formation télétravail horaires guichet enquête dossier"
).split()
KNOWN_TO_FEW = (
    "zibeline quetsche wapiti xylophage ornithorynque klaxonner pérégrination borborygme saltimbanque clepsydre "
    "amphigouri coquecigrue palimpseste sycophante tarabiscoté"
).split()
"""Words that only occur in the closed group."""


def people_of(words: random.Random, names: list[str]) -> list:
    return [a_user(name, name.capitalize()) for name in words.sample(names, 3)]


def items_of(group: Group, words: list[str], count: int, names: list[str], seed: int) -> list[Item]:
    """Items of a group with its own words; the ids contain the slug of the group."""
    drawn = random.Random(seed)
    people = [a_user(f"{name}-{group.slug}", name.capitalize()) for name in names]

    def some(least: int, most: int) -> str:
        return " ".join(drawn.choices(words, k=drawn.randint(least, most)))

    return [
        an_item(
            some(3, 7),
            id=f"{group.slug}-{number}",
            group=group,
            order=seed * 10_000 + number,
            author=drawn.choice(people),
            url=f"https://{group.slug}.example/{number}",
            description=some(5, 20),
            source=f"{drawn.choice(words)} hebdo",
            tags=drawn.sample(words, 3),
            language="fr",
            published=f"20{drawn.randint(10, 19)}-{drawn.randint(1, 12):02}",
            added=f"2021-03-{drawn.randint(1, 28):02}T09:00:00Z",
            views=drawn.randint(0, 5),
            annotations=[
                an_annotation(some(5, 25), id=f"{group.slug}-h{number}", author=drawn.choice(people)),
                an_annotation(
                    None,
                    id=f"{group.slug}-c{number}",
                    body=some(3, 9),
                    author=drawn.choice(people),
                    added="2021-04-01T10:00:00Z",
                    replies=[a_reply(some(2, 5), id=f"{group.slug}-r{number}", author=drawn.choice(people))],
                ),
            ],
        )
        for number in range(count)
    ]


def put_in(store: Store, group: Group, items: list[Item], *, words: list[str]) -> None:
    """A group with its items, a saved search and a vocabulary of their own."""
    with store.write() as writing:
        writing.groups.add(group)
        writing.users.add(list({user.id: user for item in items for user in _users_of(item)}.values()))
        writing.items.add(items)
        saved = SavedSearch.of(f"suivi-{group.slug}", group.id, f"Suivi {words[0]}", f"q={words[0]}", LONG_AGO)
        writing.saved_searches.add(saved)
        writing.vocabularies.set(
            group.id, Vocabulary.of([a_concept(words[0], words[1]), a_concept(words[2], "agents")])
        )


def _users_of(item: Item) -> Iterator:
    yield item.author
    for annotation in item.annotations:
        yield annotation.author
        yield from (reply.author for reply in annotation.replies)


def add_owner(store: Store, login: str, *groups: Group) -> None:
    """Add a user with an account and a session who owns groups."""
    user = a_user(login)
    with store.write() as writing:
        writing.users.add([user])
        writing.accounts.add(Account(user, f"{login}@exemple.fr", False, False, LONG_AGO))
        writing.credentials.add_session(
            Session(f"s-{login}", user.id, "", LONG_AGO, LONG_AFTER, LONG_AFTER), secret_hash(f"session-{login}")
        )
        for group in groups:
            writing.groups.set_role(user.id, group.id, Role.OWNER)


@contextmanager
def library_in(settings: Settings) -> Iterator[Library]:
    library = Library(open_store(settings.store_url), open_catalogue(settings.index_url), settings)
    try:
        catch_up(library)
        yield library
    finally:
        library.close()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, TestClient]]:
    """A site without the closed group, and the same site with it."""
    without = tmp_path_factory.mktemp("sans") / "kb"
    without.mkdir()
    settings = settings_in(without)
    migrate(settings.store_url)
    store = open_store(settings.store_url)
    put_in(store, OPEN, items_of(OPEN, WORDS, 300, ["claire", "paul", "luc"], 1), words=WORDS)
    put_in(store, INNER, items_of(INNER, WORDS, 60, ["sophie", "jean"], 2), words=WORDS[3:])
    add_owner(store, STRANGER)
    with store.write() as writing:
        writing.meta.set(KEY_NAME, KEY.hex())
        # The stranger's personal library, as each account has one.
        own = a_group(f"~{STRANGER}", visible=Visibility.MEMBERS)
        writing.groups.add(own)
        writing.groups.set_role(a_user(STRANGER).id, own.id, Role.OWNER)
        token = Token(f"t-{STRANGER}", a_user(STRANGER).id, "", TokenScope.WRITE, LONG_AGO, seen_at=LONG_AFTER)
        writing.credentials.add_token(token, secret_hash(f"jeton-{STRANGER}"))
    store.close()
    with_it = tmp_path_factory.mktemp("avec") / "kb"
    copy = copied_library(settings, with_it)
    store = open_store(copy.store_url)
    # Half of the group's words also occur elsewhere: their weight must not change.
    mixed = [*KNOWN_TO_FEW, *WORDS[:10]]
    put_in(store, SECRET, items_of(SECRET, mixed, 100, ["zebulon", "quasimodo"], 3), words=KNOWN_TO_FEW)
    add_owner(store, "zebulon", SECRET)
    store.close()
    next_second()
    with ExitStack() as open_:
        yield tuple(
            TestClient(create_app(open_.enter_context(library_in(settings_used)))) for settings_used in (settings, copy)
        )


def the_same(answer) -> tuple[int, dict, bytes]:
    """The part of an answer that is compared: all but its time, and the random values for a browser or a form."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"set-cookie", "etag", "date"}}
    body = re.sub(rb'"took_ms":\s*[0-9.e-]+', b'"took_ms":0', answer.content)
    body = re.sub(rb"<responseDate>[0-9T:Z-]+", b"", body)
    body = re.sub(rb'name="(form_token|once)" value="[\w-]+"', b"", body)
    if b'"took_ms"' not in answer.content:
        headers["etag"] = answer.headers.get("etag", "")
    headers.pop("content-length", None)
    return answer.status_code, headers, body


def typed(drawn: random.Random) -> str:
    """Queries of a user who guesses at unreadable content."""
    word = drawn.choice([*WORDS, *KNOWN_TO_FEW])
    other = drawn.choice([*WORDS, *KNOWN_TO_FEW])
    slip = word[:2] + word[3:] if len(word) > 5 else word
    return drawn.choice(
        [
            word, f"{word} {other}", f'"{word} {other}"', f"{word[:4]}*", f"*{word[-4:]}", f"{slip}~", slip,
            f"{word} SAUF {other}", f"{word} ET {other}", f"({word} OU {other})", f"étiquette:{word}",
            "auteur:zebulon", "auteur:claire", f"auteur:{word}", "partagé-par:zebulon", f"mot-clé:{word}",
            f"groupe:{drawn.choice(['confidences', 'veille'])}", f"titre:{word}",
            f"source:{word}", "site:confidences.example", f"note:{other}", f"commentaire:{word}", f"-{word} {other}",
            f"type:note {word}", "date:2014", f"avant:2015-03 {word}", f"après:2012 {other}", f"{word} ((", f"{word}^3",
        ]
    )  # fmt: skip


def listing(drawn: random.Random) -> dict[str, object]:
    """The parameters of a search."""
    params: dict[str, object] = {"q": typed(drawn)} if drawn.random() < 0.9 else {}
    for name, values, probability in (
        ("tag", [*WORDS, *KNOWN_TO_FEW], 0.2), ("not_tag", [*WORDS, *KNOWN_TO_FEW], 0.1),
        ("author", ["claire-veille", "zebulon-confidences", "zebulon"], 0.1), ("group", ["veille", "confidences"], 0.2),
        ("source", ["agents hebdo", "zibeline hebdo"], 0.1), ("byline", ["autrice agents", "autrice zibeline"], 0.1),
        ("site", ["veille.example", "confidences.example"], 0.05),
        ("view", ["items", "passages"], 0.5), ("match", ["any", "all"], 0.3), ("date", ["added", "published"], 0.1),
        ("sort", ["relevance", "recent", "oldest", "popular", "title", "updated"], 0.4), ("page", [2, 3, 50], 0.1),
        ("from", ["2012", "2015-06"], 0.1), ("facet_limit", [1, 50, 1000], 0.2), ("kind", ["note", "comment"], 0.1),
        ("vocabulary", ["off", "narrower"], 0.2), ("per_page", [1, 100], 0.1), ("lang", ["en"], 0.05),
    ):  # fmt: skip
        if drawn.random() < probability:
            params[name] = drawn.choice(values)
    return params


def addresses() -> Iterator[str]:
    """The requests of a stranger: searches at every address that searches, then each address that the closed group
    would have.
    """
    drawn = random.Random(2026)
    doors = ("/search", "/search", "/api/v1/search", "/search.atom", "/search.rss", "/search.json", "/g/veille",
             "/g/veille.atom", "/g/confidences", "/g/veille/tag/agents", "/g/interne", "/api/v1/items")  # fmt: skip
    for _ in range(QUERIES):
        door = drawn.choice(doors)
        params = {} if door == "/api/v1/items" else listing(drawn)
        yield f"{door}?{urlencode(params)}"
    for turn, word in enumerate([*KNOWN_TO_FEW, *WORDS]):
        for place, start in enumerate((word[:2], word[:4], word, f"agents {word[:3]}"), turn):
            # Both forms of the same suggestions, in turn.
            for form in ("", "&format=html") if IS_THOROUGH else (("", "&format=html")[place % 2],):
                yield f"/suggest?q={quote(start)}{form}"
        yield f"/g/veille/tag/{quote(word)}"
        yield f"/g/confidences/tag/{quote(word)}"
        yield f"/api/v1/tags?q={quote(word[:4])}"
    for slug, author in (("confidences", "zebulon"), ("nulle-part", "personne"), ("veille", "claire-veille")):
        yield from every_route(slug, author)


def every_route(slug: str, author: str) -> Iterator[str]:
    """Each address that only reads, with the values of one group."""
    values = {
        "group": slug, "slug": slug, "tag:path": "zibeline", "id": f"{slug}-3", "form": "atom", "secret": "x" * 43,
        "name": "kb.css",
    }  # fmt: skip
    for route in all_routes():
        if "GET" in (route.methods or ()):
            path = re.sub(r"\{([^}]+)\}", lambda match: values.get(match[1], "3"), route.path)
            yield path
            if IS_THOROUGH or slug != "nulle-part":
                yield f"{path}?author={author}&q=zibeline"
    for form in ("atom", "rss", "json", "opml"):
        yield f"/g/{slug}.{form}"
    for kind in ("ttl", "rdf", "jsonld"):
        yield f"/g/{slug}/vocabulary.{kind}"
    for place in (f"suivi-{slug}", f"suivi-{slug}.atom"):
        yield f"/saved/{place}"
        yield f"/api/v1/saved-searches/{place}"
    yield f"/items/{slug}-3/cite?passage={slug}-h3"
    yield f"/items/veille-3/cite?passage={slug}-h3"
    yield f"/api/v1/groups/{slug}"
    yield f"/g/~{author}"


# Some hundred addresses on two sites take long on a busy machine.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("login", ["", STRANGER], ids=["nobody", "a stranger"])
def test_no_answer_reveals_a_closed_group_to_a_stranger(both: tuple[TestClient, TestClient], login: str) -> None:
    headers = {"cookie": f"kb-session=session-{login}"} if login else {}
    # Each address once: a route without a group has the same address for all groups.
    addresses_asked = list(dict.fromkeys(addresses()))
    assert len(addresses_asked) > QUERIES
    statuses = set()
    for address in addresses_asked:
        # An address that counts a view of an item that is there for the stranger is requested on both sites in the same
        # second, and the next request comes a second later.
        if counts := address.startswith("/items/veille-3/go"):
            next_second()
        without, with_it = (the_same(client.get(address, headers=headers, follow_redirects=False)) for client in both)
        assert without == with_it, address
        statuses.add(without[0])
        if counts:
            # Feeds would wait for the index, which nothing updates here.
            for client in both:
                catch_up(client.app.state.library)  # type: ignore[attr-defined]
            next_second()
    assert {200, 404, 400} <= statuses


def client_addresses() -> Iterator[str]:
    """The requests of a stranger's programs to the compatible APIs."""
    drawn = random.Random(2027)
    for _ in range(60):
        query = typed(drawn)
        group = drawn.choice(["", "/veille", "/interne", "/confidences", "/rien"])
        yield f"/linkding{group}/api/bookmarks/?{urlencode({'q': query, 'limit': drawn.choice([1, 20, 300])})}"
        yield f"/hypothesis/api/search?{urlencode({'any': query, 'limit': 50})}"
        word, person = drawn.choice([*WORDS, *KNOWN_TO_FEW]), drawn.choice(["claire-veille", "zebulon-confidences"])
        yield f"/linkding{group}/api/bookmarks/?q=%23{word}&modified_since=2021-03-10T00:00:00Z"
        yield f"/diigo{group}/api/v2/bookmarks?user={person}&tags={word}"
        yield f"/pinboard{group}/v1/posts/all?tag={word}&format=json"
    numbers = NumericIds(KEY)
    for slug, seed in (("veille", 1), ("confidences", 3)):
        for number in range(3):
            yield f"/linkding/api/bookmarks/{numbers.of_order(seed * 10_000 + number)}/"
        yield f"/linkding/api/bundles/{numbers.of_text('saved search', f'suivi-{slug}')}/"
        yield f"/linkding/api/bookmarks/check/?url=https://{slug}.example/3"
        yield f"/hypothesis/api/search?uri=https://{slug}.example/3"
        yield f"/hypothesis/api/search?uri=https://{slug}.example/3&group={slug}&_separate_replies=false"
        yield f"/hypothesis/api/groups?document_uri=https://{slug}.example/3"
        yield f"/hypothesis/api/groups/{slug}"
        yield f"/hypothesis/api/annotations/{slug}-h3"
        yield from (f"/w3c/groups/{slug}/{part}" for part in ("", "?page=0", "?iris=1&page=0", f"{slug}-h3"))
        yield f"/w3c/annotations/{slug}-h3"
    for word in KNOWN_TO_FEW:
        yield f"/linkding/api/tags/{numbers.of_text('tag', word)}/"
    for group in ("", "/veille", "/confidences", "/rien"):
        for path in ("tags/", "bundles/", "bookmarks/archived/", "user/profile/"):
            yield f"/linkding{group}/api/{path}?limit=1000"
        for path in ("posts/update", "posts/recent", "posts/dates", "tags/get", "posts/suggest", "notes/list"):
            yield f"/pinboard{group}/v1/{path}?format=json"
    yield from ("/hypothesis/api/groups", "/hypothesis/api/profile", "/hypothesis/api/profile/groups")


@pytest.mark.timeout(900)
def test_no_answer_reveals_a_closed_group_to_programs(both: tuple[TestClient, TestClient]) -> None:
    statuses, texts = set(), ""
    for address in client_addresses():
        is_basic = address.startswith(("/diigo/", "/pinboard/"))
        ways = (
            {"auth": (STRANGER, f"jeton-{STRANGER}")}
            if is_basic
            else {"headers": {"authorization": f"Bearer jeton-{STRANGER}"}}
        )
        without, with_it = (the_same(client.get(address, **ways)) for client in both)
        assert without == with_it, address
        statuses.add(without[0])
        texts += without[2].decode()
    assert statuses == {200, 403, 404}
    assert "veille.example" in texts
    assert not any(word in texts for word in KNOWN_TO_FEW)


def test_new_members_see_what_other_users_do_not(both: tuple[TestClient, TestClient]) -> None:
    """The control: the tests above would detect a difference."""
    _, with_it = both
    headers = {"cookie": "kb-session=session-zebulon"}
    assert "zibeline" in with_it.get("/search?q=zibeline", headers=headers).text
    assert with_it.get("/g/confidences", headers=headers).status_code == 200
    assert with_it.get("/g/confidences").status_code == 404
    results = with_it.get("/api/v1/search?q=zibeline", headers=headers).json()
    assert results["total"] > 0
    assert with_it.get("/api/v1/search?q=zibeline").json()["total"] == 0


# The test compares two durations.
@pytest.mark.alone
def test_the_time_of_an_answer_does_not_reveal_a_closed_group(both: tuple[TestClient, TestClient]) -> None:
    headers = {"cookie": f"kb-session=session-{STRANGER}"}
    drawn = random.Random(7)
    addresses_asked = [f"/api/v1/search?{urlencode({'q': typed(drawn)})}" for _ in range(60)]
    addresses_asked += [f"/items/{slug}-{number}" for slug in ("confidences", "rien") for number in range(10)]
    seconds: tuple[list[float], ...] = ([], [], [])
    for _ in range(3):
        for address in addresses_asked:
            # The site without the group is measured twice, to know the noise of the measurement.
            for times, client in zip(seconds, (both[0], both[1], both[0]), strict=True):
                started = time.thread_time()
                client.get(address, headers=headers)
                times.append(time.thread_time() - started)
    without, with_it, again = (statistics.median(times) for times in seconds)
    noise = abs(without - again) / without
    assert abs(with_it - without) / without < max(0.1, 3 * noise)
