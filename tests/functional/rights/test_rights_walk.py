"""Every route and every command, as each kind of caller: allowed actions run, others are refused or missing."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

import kb.web.routes
from kb.files.file_store import content_key
from kb.indexer import catch_up
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.items.item_list import ItemList
from kb.model.items.moderation import AuditLogEntry, Removal, RemovalKind, RemovedContent
from kb.model.people.account import Account, Invitation, LinkPurpose, Session, Token, TokenScope
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.people.secret import secret_hash
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import Vocabulary, uri_for
from kb.services.authentication.passwords import hash_password
from kb.services.clients.numeric_ids import KEY_NAME, NumericIds
from kb.services.core.library import Library
from kb.settings import default_settings_in
from kb.store import Store, WriteTransaction
from kb.store.groups.removed_content_json import removed_content_text
from kb.web.app import create_app
from tests.conftest import Kb
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import a_catalogue
from tests.factories.page_copies import a_copy, compressed
from tests.factories.vocabulary import a_concept
from tests.functional.rights.caller_rights import EVERYBODY, LOGINS, ROLES, Right, Row, TokenBearer
from tests.functional.rights.rights_table import COMMANDS, ROUTES, changes, rows_of
from tests.functional.rights.store_contents import store_contents
from tests.support.cli_commands import commands_of_kb
from tests.support.databases import filled_store

pytestmark = pytest.mark.usefixtures("impatient")

LONG_AGO, LONG_AFTER = "2015-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"
PASSWORD = hash_password("une phrase assez longue")
NUMBERS = NumericIds(b"une clef pour les tests".ljust(32))
"""The numeric ids of the site, which programs of other services use."""


def word_of(visible: Visibility) -> str:
    """A word that only one group contains."""
    return dict(zip(Visibility, ("zibeline", "quetsche", "ornithorynque"), strict=True))[visible]


def join_of(visible: Visibility) -> JoinPolicy:
    """The join policy: a closed group is joined by invitation."""
    return JoinPolicy.INVITE if visible is Visibility.MEMBERS else JoinPolicy.OPEN


GROUPS = {
    visible: replace(a_group(f"g-{word_of(visible)}", visible=visible), join=join_of(visible)) for visible in Visibility
}


def names_of(visible: Visibility) -> dict[str, str]:
    """The values for the placeholders of a row's address, for one group."""
    slug = GROUPS[visible].slug
    return {
        "group": slug,
        "item": f"i-{slug}",
        "annotation": f"a-{slug}",
        "saved": f"s-{slug}",
        "gone": f"gone-{slug}",
        "tag": word_of(visible),
        "word": word_of(visible)[:6],
        "concept": uri_for(word_of(visible)),
        "list": f"l-{slug}",
        "invitation": "une-invitation",
        "aside": f"o-{slug}",
        "reset": "un-autre-mot-de-passe",
        "number": str(NUMBERS.of_order(list(Visibility).index(visible) + 1)),
        "tag_number": str(NUMBERS.of_text("tag", word_of(visible))),
        "bundle_number": str(NUMBERS.of_text("saved search", f"s-{slug}")),
    }


FILE = b"%PDF-1.7 un fichier"


def filled(store: Store) -> None:
    """Three groups, one of each visibility, with one thing of each kind, and a user of each role in all of them."""
    with store.write() as writing:
        writing.meta.set(KEY_NAME, NUMBERS.key.hex())
        for letter, login in LOGINS.items():
            if login:
                _add_user(writing, login, administrator=letter == "D")
        # An imported author, who has no account.
        writing.users.add([a_user("importee")])
        for place, (visible, group) in enumerate(GROUPS.items()):
            writing.groups.add(group)
            for letter, role in ROLES.items():
                writing.groups.set_role(a_user(LOGINS[letter]).id, group.id, role)
            _fill(writing, group, visible, place)
        invitation = Invitation("i-1", LinkPurpose.ACCOUNT, LONG_AGO, LONG_AFTER)
        writing.invitations.add(invitation, secret_hash("une-invitation"))
        reset = Invitation("i-0", LinkPurpose.PASSWORD, LONG_AGO, LONG_AFTER, user_id=a_user("member").id)
        writing.invitations.add(reset, secret_hash("un-autre-mot-de-passe"))


def _add_user(writing: WriteTransaction, login: str, *, administrator: bool) -> None:
    user = a_user(login)
    writing.users.add([user])
    writing.accounts.add(Account(user, f"{login}@exemple.fr", administrator, True, LONG_AGO), PASSWORD)
    session = Session(f"s-{login}", user.id, "", LONG_AGO, LONG_AFTER, LONG_AFTER)
    writing.credentials.add_session(session, secret_hash(f"session-{login}"))
    token = Token(f"t-{login}", user.id, "", TokenScope.WRITE, LONG_AGO)
    writing.credentials.add_token(token, secret_hash(f"jeton-{login}"))
    own = a_group(f"~{login}", visible=Visibility.MEMBERS)
    writing.groups.add(own)
    writing.groups.set_role(user.id, own.id, Role.OWNER)


COPY = compressed("<!DOCTYPE html><title>Un titre gardé</title><p>Un passage gardé.")


def _fill(writing: WriteTransaction, group: Group, visible: Visibility, place: int) -> None:
    word, owner = word_of(visible), a_user("owner")
    annotation = an_annotation(f"Un passage {word}.", id=f"a-{group.slug}", author=owner)
    other = an_annotation(None, id=f"b-{group.slug}", body="Une note.", author=a_user("importee"))
    writing.items.add(
        [
            an_item(
                f"Un titre {word}", id=f"i-{group.slug}", group=group, order=place + 1, tags=[word], author=owner,
                url=f"https://exemple.fr/{group.slug}", annotations=[annotation, other],
            )
        ]
    )  # fmt: skip
    name = f"Fichier {word}.pdf"
    file = (FileRole.FILE, content_key(FILE), len(FILE), "application/pdf", name, 1, TextState.READ, LONG_AGO)
    writing.item_files.put(ItemFile(f"i-{group.slug}", *file))
    writing.item_files.put(a_copy(f"i-{group.slug}", COPY, owner.id))
    out = an_annotation(f"Un retrait {word}.", id=f"x-{group.slug}", author=owner)
    body = removed_content_text(RemovedContent(annotation=out, siblings=(annotation.id, out.id)))
    writing.moderation.add_removals(
        [
            Removal(
                f"o-{group.slug}", group.id, RemovalKind.REMOVED, f"i-{group.slug}", out.id, f"Un titre {word}", body,
                owner.id, None, LONG_AGO, LONG_AFTER,
            )
        ]
    )  # fmt: skip
    writing.saved_searches.add(SavedSearch.of(f"s-{group.slug}", group.id, f"Suivi {word}", f"q={word}", LONG_AGO))
    writing.moderation.log(AuditLogEntry(LONG_AGO, owner.id, "search-removed", group.id, f"gone-{group.slug}"))
    writing.vocabularies.set(group.id, Vocabulary.of([a_concept(word)]))
    writing.lists.add(ItemList(f"l-{group.slug}", group.id, owner, f"Liste {word}", "", False, LONG_AGO, LONG_AGO))


def put_files(library: Library) -> None:
    """The file and the page copy of the items of `filled`."""
    for content in (FILE, COPY):
        library.files.put(content)


@contextmanager
def a_site() -> Iterator[TestClient]:
    """A site of its own, filled and indexed."""
    with (
        TemporaryDirectory() as data,
        filled_store(filled) as store,
        closing(Library(store, a_catalogue(), default_settings_in(Path(data)))) as library,
    ):
        put_files(library)
        catch_up(library)
        yield TestClient(create_app(library), follow_redirects=False)


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with a_site() as client:
        yield client


@dataclass(frozen=True)
class Asker:
    """A caller, by letter."""

    letter: str

    @property
    def headers(self) -> dict[str, str]:
        login = LOGINS[self.letter]
        return {"cookie": f"kb-session=session-{login}" if login else "kb-form=un-formulaire"}

    @property
    def bearing(self) -> dict[str, str]:
        """The header of their program, without cookies."""
        login = LOGINS[self.letter]
        return {"authorization": f"Bearer jeton-{login}"} if login else {}

    def shown(self, bearer: TokenBearer) -> dict[str, Any]:
        """The credentials of their program for another service, without cookies."""
        login = LOGINS[self.letter]
        if not login:
            return {}
        match bearer:
            case TokenBearer.PARAMETER:
                return {"params": {"auth_token": f"{login}:jeton-{login}"}}
            case TokenBearer.BASIC:
                return {"auth": (login, f"jeton-{login}")}
            case _:
                return {"headers": {"authorization": f"{bearer.value} jeton-{login}"}}

    def ask(self, client: TestClient, method: str, row: Row, visible: Visibility) -> httpx2.Response:
        """The answer of a row's route to this caller, for the group of this visibility."""
        client.cookies.clear()
        address = row.address.format(**names_of(visible))
        if method == "GET" and not row.bearer.value:
            return client.get(address, headers=self.headers)
        fields = {name: value.format(**names_of(visible)) for name, value in row.fields.items()}
        if row.bearer.value:
            sent = {"data": fields} if row.bearer is TokenBearer.BASIC else {"json": fields or None}
            expected = self.shown(row.bearer)
            query = {**dict(parse_qsl(urlsplit(address).query)), **expected.pop("params", {})}
            return client.request(method, urlsplit(address).path, params=query, **sent, **expected)
        if row.file:
            files = {"file": ("page.html", row.file, "text/html")}
            return client.request(method, address, data=fields, files=files, headers=self.bearing)
        if row.token:
            return client.request(method, address, json=fields or None, headers=self.bearing)
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/login", headers=self.headers).text)
        if token is None:
            token = re.search(
                r'name="form_token" value="([0-9a-f]+)"', client.get("/logout", headers=self.headers).text
            )
        assert token is not None
        client.cookies.clear()
        return client.request(method, address, data={**fields, "form_token": token[1]}, headers=self.headers)


def outcome(answer: httpx2.Response) -> str:
    """The outcome of a request."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/login"):
        return "asked to sign in"
    return {403: "refused", 404: "absent"}.get(answer.status_code, "done" if answer.status_code < 500 else "failed")


def expected(row: Row, letter: str, visible: Visibility) -> set[str]:
    """The expected outcomes of a request."""
    right, place = row.right, list(Visibility).index(visible)
    if letter in right.value[place]:
        return {"absent"} if row.others else {"done"}
    if right is Right.NOBODY:
        return {"absent"}
    if right in {Right.PERSON, Right.ADMINISTRATOR}:
        return {"asked to sign in"} if letter == "A" else {"absent" if row.hidden else "refused"}
    needs_token = row.token or (row.bearer.value and right not in {Right.READ, Right.ANYONE})
    if (needs_token or row.asks) and letter == "A":
        return {"asked to sign in"}
    if letter not in Right.READ.value[place]:
        return {"absent"}
    if row.hidden:
        return {"absent", "refused"}
    return {"asked to sign in"} if letter == "A" else {"refused"}


def test_every_route_has_its_row() -> None:
    routes = {
        (method, route.path)
        for route in kb.web.routes.ROUTES
        for method in (route.methods or {"GET"}) - {"HEAD"}
        if isinstance(route, Route)
    }
    assert routes == set(ROUTES)


@pytest.mark.parametrize("route", [key for key in ROUTES if not changes(*key)], ids=" ".join)
def test_each_page_is_read_exactly_by_those_with_the_right(site: TestClient, route: tuple[str, str]) -> None:
    method, path = route
    (row,) = rows_of(method, path)
    for visible in Visibility:
        for letter in EVERYBODY:
            answer = Asker(letter).ask(site, method, row, visible)
            assert outcome(answer) in expected(row, letter, visible), (letter, visible, answer.status_code)
            if row.shows:
                readable = letter in Right.READ.value[list(Visibility).index(visible)]
                readable = readable and letter in (row.right.value[0] if row.bearer.value else EVERYBODY)
                assert (word_of(visible) in answer.text) == readable, (letter, visible)
            elif outcome(answer) != "done":
                # The requested address is repeated in links of the page.
                assert f"Un titre {word_of(visible)}" not in answer.text
                assert f"Un passage {word_of(visible)}" not in answer.text
            if "Un retrait" in answer.text:
                assert path == "/g/{group}/bin", path
                assert letter in Right.MODERATE.value[0], letter


@pytest.mark.parametrize("route", [key for key in ROUTES if changes(*key)], ids=" ".join)
def test_each_action_is_done_exactly_by_those_with_the_right(route: tuple[str, str]) -> None:
    """An action runs on a site that no other action has changed; a refused action leaves the site unchanged."""
    method, path = route
    fresh = None
    with ExitStack() as sites:
        for row, visible, letter in product(rows_of(method, path), Visibility, EVERYBODY):
            if fresh is None:
                sites.close()
                fresh = sites.enter_context(a_site())
                before = store_contents(fresh)
            answer = Asker(letter).ask(fresh, method, row, visible)
            case = (letter, visible, row.fields.get("act"), answer.status_code)
            assert outcome(answer) in expected(row, letter, visible), case
            if outcome(answer) == "done":
                fresh = None
            else:
                assert store_contents(fresh) == before, case


def test_missing_and_unreadable_content_get_the_same_message(site: TestClient) -> None:
    for method, path in ROUTES:
        row = rows_of(method, path)[0]
        if method == "GET" and row.right is Right.READ:
            response = Asker("S").ask(site, method, row, Visibility.MEMBERS)
            address = row.address.format(**{name: f"rien-{name}" for name in names_of(Visibility.MEMBERS)})
            not_there = site.get(address, headers=Asker("S").headers)
            assert response.status_code == not_there.status_code == 404, path
            assert _without_address(response, names_of(Visibility.MEMBERS)) == _without_address(not_there, {}), path


def _without_address(answer: httpx2.Response, names: dict[str, str]) -> str:
    """The answer without the requested address, which links of the page repeat."""
    text = answer.text
    for name, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"rien-{name}")
    return text


def test_every_command_belongs_to_the_operator() -> None:
    assert set(commands_of_kb()) == COMMANDS


def test_the_operator_reads_closed_groups(kb: Kb) -> None:
    lines = '{"id": "i1", "title": "Une confidence", "group": {"slug": "secret", "visible": "members"}}\n'
    assert kb("import", "-", stdin=lines).code == 0
    # The command searches as an anonymous visitor, as the API does.
    assert "Une confidence" not in kb("search", "confidence").out
    assert "Une confidence" in kb("export").out
