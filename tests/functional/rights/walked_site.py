"""A site with three groups, one of each visibility, and those who ask it for something: each kind of caller."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from starlette.testclient import TestClient

from kb.features.digests.records.digest_records import Digests
from kb.files.file_store import content_key
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.items.item_list import ItemList
from kb.model.items.moderation import AuditLogEntry, Correction, Removal, RemovalKind, RemovedContent, Report
from kb.model.items.undo import TagsChange
from kb.model.people.account import Account, Invitation, LinkPurpose, Session, Token, TokenScope
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.people.secret import secret_hash
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import Vocabulary, uri_for
from kb.model.web_pages.copy_pictures import picture_name
from kb.services.authentication.passwords import hash_password
from kb.services.clients.numeric_ids import KEY_NAME, NumericIds
from kb.services.core.library import Library
from kb.settings import default_settings_in
from kb.site import create_app
from kb.store import Store, WriteTransaction
from kb.store.groups.moderation import removed_content_text
from kb.web.http.authentication import RequestCredentials
from tests.factories.digests import a_reader, a_request
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import an_indexed_library, library_of_filled
from tests.factories.newsletters import add_newsletter, an_entry
from tests.factories.page_copies import PICTURE, a_copy, compressed
from tests.factories.vocabulary import a_concept
from tests.factories.webhooks import put_webhook
from tests.functional.rights.caller_rights import LOGINS, ROLES, Row, TokenBearer
from tests.support.databases import fill_again, filled_store

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
        "hidden": f"h-{slug}",
        "picture": picture_name(PICTURE),
        "reset": "un-autre-mot-de-passe",
        "request": "une-demande",
        "subscription": "des-preferences",
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
        invitation = Invitation("i-1", LinkPurpose.ACCOUNT, LONG_AGO, LONG_AFTER, email="zoe@exemple.fr")
        writing.invitations.add(invitation, secret_hash("une-invitation"))
        reset = Invitation("i-0", LinkPurpose.PASSWORD, LONG_AGO, LONG_AFTER, user_id=a_user("member").id)
        writing.invitations.add(reset, secret_hash("un-autre-mot-de-passe"))
        digests = Digests(writing.connection)
        digests.add_request(a_request("une-demande", LONG_AFTER))
        digests.put_reader(a_reader("des-preferences"))


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


COPY = compressed(f"<!DOCTYPE html><title>Un titre gardé</title><p>Un passage gardé.<img src='{PICTURE}'>")


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
    writing.changes.record_edits(owner.id, tag_changes=[TagsChange(f"i-{group.slug}", (f"Avant {word}",), (word,))])
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
    hidden = an_annotation(None, id=f"y-{group.slug}", body=f"Un mot {word}.", author=owner)
    hidden_part = RemovedContent(
        annotation=hidden, siblings=(annotation.id, hidden.id), correction=Correction(f"Un autre mot {word}.", LONG_AGO)
    )
    writing.moderation.add_removals(
        [
            Removal(
                f"h-{group.slug}", group.id, RemovalKind.HIDDEN, f"i-{group.slug}", hidden.id, f"Un titre {word}",
                removed_content_text(hidden_part), a_user("moderator").id, None, LONG_AGO, None,
            )
        ]
    )  # fmt: skip
    report = Report(f"r-{group.slug}", group.id, f"i-{group.slug}", hidden.id, owner.id, "", LONG_AGO)
    writing.moderation.add_report(report)
    writing.saved_searches.add(SavedSearch.of(f"s-{group.slug}", group.id, f"Suivi {word}", f"q={word}", LONG_AGO))
    writing.moderation.log(AuditLogEntry(LONG_AGO, owner.id, "search-removed", group.id, f"gone-{group.slug}"))
    writing.vocabularies.set(group.id, Vocabulary.of([a_concept(word)]))
    writing.lists.add(ItemList(f"l-{group.slug}", group.id, owner, f"Liste {word}", "", False, LONG_AGO, LONG_AGO))
    entry = an_entry(f"i-{group.slug}", f"Un titre {word}", f"Un passage {word}.", f"a-{group.slug}")
    add_newsletter(writing, group, f"l-{group.slug}", title=f"Un titre {word}", entries=(entry,))
    put_webhook(writing, group)


def put_files(library: Library) -> None:
    """The file and the page copy of the items of `filled`."""
    for content in (FILE, COPY):
        library.files.put(content)


@contextmanager
def a_site() -> Iterator[TestClient]:
    """A site of its own, filled and indexed."""
    with TemporaryDirectory() as data, an_indexed_library(filled, default_settings_in(Path(data))) as library:
        put_files(library)
        yield TestClient(create_app(library), follow_redirects=False)


@contextmanager
def sites_of_one_database() -> Iterator[Callable[[], TestClient]]:
    """A function that returns the site of `a_site` anew, in the place of the one before; nothing of that one is left
    but the connections to the database.
    """
    with TemporaryDirectory() as data, filled_store(filled) as store:

        def anew() -> TestClient:
            fill_again(store, filled)
            library = library_of_filled(store, filled, default_settings_in(Path(data)))
            put_files(library)
            return TestClient(create_app(library), follow_redirects=False)

        yield anew


@dataclass(frozen=True)
class Asker:
    """A caller, by letter."""

    letter: str

    @property
    def headers(self) -> dict[str, str]:
        login = LOGINS[self.letter]
        return {"cookie": f"kb-session=session-{login}" if login else "kb-form=un-formulaire"}

    @property
    def form_token(self) -> str:
        """The token in the forms of their pages: it depends on their cookie alone."""
        login = LOGINS[self.letter]
        cookies = RequestCredentials(session=f"session-{login}") if login else RequestCredentials(form="un-formulaire")
        return cookies.form_token

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
        return client.request(method, address, data={**fields, "form_token": self.form_token}, headers=self.headers)


def outcome(answer: httpx2.Response) -> str:
    """The outcome of a request."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/login"):
        return "asked to sign in"
    return {403: "refused", 404: "absent"}.get(answer.status_code, "done" if answer.status_code < 500 else "failed")
