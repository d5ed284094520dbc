"""A site on which Zoé has one of each thing that outlives a request, all about a closed group with words of its own."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx2
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR, Actor
from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.features.notices.notices import choose_mails
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields, fields_of_item
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.items.item_list import ListEntryKind
from kb.model.people.account import Session, TokenScope
from kb.model.people.group import Role, Visibility
from kb.model.people.secret import secret_hash
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.accounts.feed_keys import FollowedFeed, create_feed_key
from kb.services.annotations.annotations import write_annotation
from kb.services.annotations.likes import like
from kb.services.clients.numeric_ids import KEY_NAME, NumericIds
from kb.services.core.library import Library
from kb.services.groups.author_links import claim_author
from kb.services.groups.group_views import add_group
from kb.services.groups.invitations import invite_account, invite_by_email, invite_by_link
from kb.services.groups.membership import set_role
from kb.services.imports.import_jobs import create_import_job
from kb.services.item_actions.bulk_actions import tag_items, trash_items
from kb.services.item_actions.duplicates import merge_items
from kb.services.items.item_edit import edit_item
from kb.services.items.reading_list import add_to_reading_list
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.moderation.moderation_actions import hide_content, remove_content, report_content
from kb.services.page_fetch.fetch_requests import request_page_fetch
from kb.services.search.saved_searches import create_saved_search
from kb.services.tags.tag_edit import rename_tags
from kb.site import create_app
from kb.store.database.clock import timestamp_in, timestamp_now
from kb.web.http.authentication import RequestCredentials
from tests.factories.group import as_
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

SLUG, NAME = "zz-confidences", "Confrérie"
OTHER_SLUG, OTHER_NAME = "zz-reserve", "Phalanstère"
TARGET, REST, HIDDEN = "tamanoir", "okapi", "numbat"
"""A word for the item of the event, one for all other content of the group, and one for content that was hidden
before.
"""
SESSION = "session-zoe"
NUMBERS = NumericIds(bytes(32))
"""The numeric ids of the site."""
PEOPLE = {"olga": Role.OWNER, "max": Role.MODERATOR, "zoe": Role.MODERATOR, "yann": None}
JSON_REQUEST = {"group": SLUG, "title": f"Signet {REST} de Zoé"}


@dataclass(slots=True)
class Site:
    """The library, its client, and Zoé's secrets and ids by kind."""

    library: Library
    client: TestClient
    token: str
    keyed_feeds: list[str] = field(default_factory=list)
    undo_ids: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, *, by_token: bool = False) -> httpx2.Response:
        """The response to Zoé's browser, or to her program."""
        self.client.cookies.clear()
        headers = self._bearing(address) if by_token else {"cookie": f"kb-session={SESSION}"}
        return self.client.get(address, headers=headers, follow_redirects=False)

    def _bearing(self, address: str) -> dict[str, str]:
        """The header with Zoé's token for a program at an address."""
        if address.startswith(("/diigo/", "/pinboard/")):
            return {"authorization": f"Basic {b64encode(f'zoe:{self.token}'.encode()).decode()}"}
        return {"authorization": f"Bearer {self.token}"}

    def post(self, address: str, **fields: str) -> httpx2.Response:
        """The response to a form that Zoé's browser sends."""
        self.client.cookies.clear()
        headers = {"cookie": f"kb-session={SESSION}"}
        data = {**fields, "form_token": RequestCredentials(session=SESSION).form_token}
        return self.client.post(address, data=data, headers=headers, follow_redirects=False)

    def send(self, method: str, address: str, sent: dict[str, str], key: str = "") -> httpx2.Response:
        """The response to Zoé's program."""
        self.client.cookies.clear()
        headers = {**self._bearing(address), **({"idempotency-key": key} if key else {})}
        if address.startswith("/diigo/"):
            return self.client.request(method, address, data=sent, headers=headers)
        return self.client.request(method, address, json=sent or None, headers=headers)

    def data(self) -> str:
        """The content of Zoé's personal data export; the page that is shown instead, if there is none."""
        answer = self.post("/account/data")
        if not answer.headers.get("content-type", "").startswith("application/zip"):
            return answer.text
        with ZipFile(BytesIO(answer.content)) as archive:
            return "\n".join(archive.read(name).decode() for name in archive.namelist())


@contextmanager
def a_site(folder: Path) -> Iterator[Site]:
    """The site, on which Zoé moderates the group and has done everything that outlives a request."""
    with closing(an_empty_library(folder)) as plain:
        settings = replace(
            plain.settings, mail_url="smtp://localhost", base_url="http://kb.exemple.fr", rate_read=0, rate_write=0
        )
        library = replace(plain, settings=settings)
        an_account(library, "ada", administrator=True)
        for login in PEOPLE:
            an_account(library, login, name=login.title(), email=f"{login}@exemple.org")
        group = add_group(library, OPERATOR, SLUG, NAME, visible=Visibility.MEMBERS)
        add_group(library, OPERATOR, OTHER_SLUG, OTHER_NAME, visible=Visibility.MEMBERS)
        set_role(library, OPERATOR, OTHER_SLUG, "olga", Role.OWNER)
        for login, role in PEOPLE.items():
            if role is not None:
                set_role(library, OPERATOR, SLUG, login, role)
        _fill(library, group.id)
        with library.store.write() as writing:
            writing.meta.set(KEY_NAME, NUMBERS.key.hex())
            zoe = writing.accounts.by_login("zoe")
            assert zoe is not None
            session = Session("s-zoe", zoe.user.id, "", timestamp_now(), timestamp_now(), timestamp_in(days=9))
            writing.credentials.add_session(session, secret_hash(SESSION))
        _, token = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "zoe")
        site = Site(library, TestClient(create_app(library), base_url="http://kb.exemple.fr"), token)
        _leave_things(site)
        catch_up(library)
        yield site


def _fill(library: Library, group_id: str) -> None:
    """Add the content of other users in the group."""
    with library.store.read() as reading:
        olga, max_ = reading.users.by_login("olga"), reading.users.by_login("max")
    add_items(
        library,
        *(
            an_item(
                f"Titre {word} rivière", id=f"i-{word}", group=group_id, order=place + 1, author=olga,
                tags=["rivière", word], url=f"https://exemple.fr/{word}", description=f"Décrit {word}",
                source=f"Source {word}", byline=f"Autrice {word}", language="fr", added="2026-01-02",
                annotations=[
                    an_annotation(
                        f"Passage {word} rivière", id=f"a-{word}", body=f"Note {word}", author=max_,
                        replies=[a_reply(f"Réponse {word}", id=f"r-{word}", author=olga)],
                    ),
                    an_annotation(None, id=f"b-{word}", body=f"Commentaire {word}", author=a_user("importee")),
                ],
            )
            for place, word in enumerate((TARGET, REST, HIDDEN))
        ),
        *(
            an_item(f"Double {REST}", id=f"d-{number}", group=group_id, order=10 + number, author=olga)
            for number in range(4)
        ),
    )  # fmt: skip
    hide_content(library, as_(library, "olga"), f"i-{HIDDEN}")


def _leave_things(site: Site) -> None:
    """Do everything that Zoé does while she moderates the group."""
    library, zoe, olga = site.library, as_(site.library, "zoe"), as_(site.library, "olga")
    _leave_links(site)
    for word in (TARGET, REST):
        like(library, zoe, f"i-{word}", f"a-{word}")
        add_to_reading_list(library, zoe, f"i-{word}")
    choose_mails(library, zoe, dict.fromkeys(NoticeKind, MailChoice.NOW))
    for word in (TARGET, REST):
        write_annotation(library, olga, f"i-{word}", AnnotationFields(body=f"Qu’en dis-tu de {word}, @zoe ?"))
        write_annotation(library, zoe, f"i-{word}", AnnotationFields(body="Un mot de moi."))
    claim_author(library, zoe, SLUG, "importee")
    for word in (TARGET, REST):
        # Zoé sent this file, so its name is in her personal data.
        _give_file(library, f"i-{word}", f"Fichier {word}.pdf", olga)
    for word in (TARGET, REST):
        report_content(library, as_(library, "max"), f"i-{word}", None, f"Signalé {word}")
    own = create_list(library, zoe, "~zoe", "À lire")
    for word in (TARGET, REST):
        add_list_entry(library, zoe, own.id, ListEntryKind.ITEM, item_id=f"i-{word}")
        add_list_entry(library, zoe, own.id, ListEntryKind.PASSAGE, item_id=f"i-{word}", annotation_id=f"a-{word}")
    listed = create_list(library, olga, SLUG, f"Liste {REST}", f"Faite de {REST}")
    for word in (TARGET, REST):
        add_list_entry(library, olga, listed.id, ListEntryKind.ITEM, item_id=f"i-{word}", words=f"Lire {word}")
    new_list = create_list(library, zoe, SLUG, f"Liste de Zoé {REST}")
    request_page_fetch(library, zoe, "https://exemple.fr/une-page")
    import_job = create_import_job(library, zoe, SLUG, "signets.jsonl", json.dumps({"title": f"Envoi {REST}"}).encode())
    saved = create_saved_search(library, olga, SLUG, f"Suivi {REST}", "q=rivi%C3%A8re").search
    own_search = create_saved_search(library, zoe, "~zoe", "Suivi à moi", "q=rivi%C3%A8re").search
    of_group = create_saved_search(library, zoe, "~zoe", "Suivi du groupe", f"q=rivi%C3%A8re&group={SLUG}").search
    site.ids |= {
        "list": listed.id,
        "own_list": own.id,
        "made_list": new_list.id,
        "import_job": import_job.id,
        "saved": saved.id,
        "own_saved": own_search.id,
        "group_saved": of_group.id,
    }
    _leave_feeds(site, saved.id)
    _leave_undos(site)


def _give_file(library: Library, item_id: str, name: str, sender: Actor) -> None:
    content = f"%PDF-1.7 {name}".encode()
    file = (FileRole.FILE, library.files.put(content), len(content), "application/pdf", name, 1, TextState.READ)
    with library.store.write() as writing:
        writing.item_files.put(ItemFile(item_id, *file, "2015-01-01T00:00:00Z", sender.user_id))


def _leave_links(site: Site) -> None:
    library, zoe = site.library, as_(site.library, "zoe")
    site.ids["invitation"] = invite_by_link(library, zoe, SLUG, Role.MEMBER)[1]
    invite_by_email(library, zoe, SLUG, "neuve@exemple.org", Role.READER)
    invite_account(library, zoe, SLUG, "yann", Role.READER)


def _leave_feeds(site: Site, saved_id: str) -> None:
    zoe = as_(site.library, "zoe")
    with site.library.store.read() as reading:
        group = reading.groups.by_slug(SLUG)
    assert group is not None
    for followed in (
        FollowedFeed(f"/g/{SLUG}.atom", SLUG),
        FollowedFeed("/search.rss?q=rivi%C3%A8re"),
        FollowedFeed(f"/saved/{saved_id}.json", group_id=group.id),
    ):
        secret = create_feed_key(site.library, zoe, followed)
        mark = "&" if "?" in followed.address else "?"
        site.keyed_feeds.append(f"{followed.address}{mark}key={secret}")


def _leave_undos(site: Site) -> None:
    library, zoe = site.library, as_(site.library, "zoe")
    for word in (TARGET, REST):
        with library.store.read() as reading:
            item = reading.items.any_of([f"i-{word}"])[f"i-{word}"]
        site.undo_ids.append(
            edit_item(library, zoe, item.id, replace(fields_of_item(item), source="Une autre")).undo or ""
        )
    site.undo_ids.append(merge_items(library, zoe, "d-0", ["d-1"]).undo or "")
    site.undo_ids.append(tag_items(library, zoe, [f"i-{REST}"], ["neuf"], []).undo or "")
    site.undo_ids.append(rename_tags(library, zoe, SLUG, ["neuf"], "autre").undo or "")
    site.undo_ids.append(trash_items(library, zoe, ["d-2"]).undo or "")
    note = write_annotation(library, zoe, f"i-{REST}", AnnotationFields(body="Un mot sur la rivière.")).part_id
    site.ids["hidden"] = hide_content(library, OPERATOR, f"i-{REST}", note).id
    site.ids["aside"] = remove_content(library, zoe, "d-3").id
    assert site.send("POST", "/api/v1/items", JSON_REQUEST, "une-clef").status_code == 201
