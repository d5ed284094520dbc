"""A user with one record of every kind in a library on disk, and the remaining traces of that user."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from kb.access.actor import OPERATOR, Actor
from kb.formats.json_lines.writer import json_line_of
from kb.indexer import catch_up, merge_dropped
from kb.model.idempotent_answer import Answer, StoredAnswer
from kb.model.items.moderation import AuditLogEntry, Removal, RemovalKind, Report
from kb.model.people.account import (
    FeedKey,
    Identity,
    Invitation,
    LinkPurpose,
    PendingOidcLogin,
    Session,
    Token,
    TokenScope,
)
from kb.model.people.group import Role, Visibility
from kb.model.people.secret import secret_hash
from kb.model.saved_search import SavedSearch
from kb.model.vocabulary import Vocabulary
from kb.services.accounts.account_deletion import AnnotationHandling, delete_account
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items
from kb.settings import default_settings_in
from kb.site import migrate, open_library
from kb.store.site.outbox import OutboxMessage
from tests.factories.group import as_
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items
from tests.factories.vocabulary import a_concept
from tests.support.browser_sessions import PASSWORD, an_account

NOW, LATER = "2026-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"
LOGIN, NAME, EMAIL = "zephyrine", "Zéphyrine Quillard", "zq@exemple.fr"
LECTURES, CLOSED = a_group("lectures"), a_group("clos", visible=Visibility.MEMBERS)


@contextmanager
def a_whole_library(folder: Path) -> Iterator[Library]:
    """A library in which Zéphyrine has one record of every kind, and Claire and Paul stay."""
    settings = default_settings_in(folder)
    migrate(settings.store_url)
    with closing(open_library(settings)) as library:
        an_account(library, "claire", administrator=True, email="claire@exemple.fr")
        an_account(library, LOGIN, name=NAME, email=EMAIL)
        fill(library)
        catch_up(library)
        yield library


def fill(library: Library) -> None:
    with library.store.read() as reading:
        zephyrine, claire = reading.users.by_login(LOGIN), reading.users.by_login("claire")
        own = reading.groups.by_slug(f"~{LOGIN}")
    assert zephyrine is not None
    assert claire is not None
    assert own is not None
    paul = a_user("paul")
    add_items(
        library,
        an_item("Un titre à elle", id="hers", language="fr", group=LECTURES, order=1, author=zephyrine, annotations=[
            an_annotation("Un passage à elle.", id="h-1", author=zephyrine),
        ]),
        an_item("Un titre annoté", id="shared", language="fr", group=LECTURES, order=2, author=zephyrine, annotations=[
            an_annotation("Un passage de Paul.", id="h-2", author=paul, replies=[
                a_reply("Sa réponse.", id="r-1", author=zephyrine), a_reply("Une autre.", id="r-2", author=paul),
            ]),
            an_annotation("Un passage noté.", id="n-1", body="Sa note.", author=zephyrine, replies=[
                a_reply("Une réponse à sa note.", id="r-3", author=paul),
            ]),
            an_annotation(None, id="c-1", body="Son commentaire.", author=zephyrine, replies=[
                a_reply("Une réponse à son commentaire.", id="r-4", author=claire),
            ]),
            an_annotation(None, id="c-2", body="Un autre commentaire.", author=zephyrine, replies=[
                a_reply("Elle se répond.", id="r-5", author=zephyrine),
            ]),
        ]),
        an_item("Un titre de Paul", id="his", language="fr", group=CLOSED, order=3, author=paul, annotations=[
            an_annotation(None, id="c-3", body="Un mot chez Paul.", author=zephyrine),
        ]),
        an_item("Une confidence", id="own", language="fr", group=own, order=4, author=zephyrine),
        groups=(LECTURES, CLOSED),
    )  # fmt: skip
    with library.store.write() as writing:
        for group, role in ((LECTURES, Role.MEMBER), (CLOSED, Role.READER)):
            writing.groups.set_role(zephyrine.id, group.id, role)
            writing.groups.set_role(claire.id, group.id, Role.OWNER)
        writing.vocabularies.set(own.id, Vocabulary.of([a_concept("mot"), a_concept("autre", broader=["mot"])]))
        for number, (group_id, parameters) in enumerate(
            (
                (own.id, "q=mot"),
                (LECTURES.id, f"author={LOGIN}&q=passage"),
                (LECTURES.id, f"author={LOGIN}&author=paul"),
                (LECTURES.id, f"q=auteur%3A{LOGIN}"),
                (LECTURES.id, "q=passage"),
                (LECTURES.id, ""),
                (LECTURES.id, f"q=mot&group=~{LOGIN}"),
            )
        ):
            writing.saved_searches.add(SavedSearch.of(f"s-{number}", group_id, f"Suivi {number}", parameters, NOW))
        writing.credentials.add_session(Session("se-1", zephyrine.id, "Firefox", NOW, NOW, LATER), secret_hash("a"))
        writing.credentials.add_token(Token("to-1", zephyrine.id, "jeton", TokenScope.READ, NOW), secret_hash("b"))
        writing.credentials.add_feed_key(FeedKey("k-1", zephyrine.id, "/g/clos.atom", NOW), secret_hash("c"))
        writing.credentials.add_feed_key(
            FeedKey("k-2", claire.id, f"/g/clos.atom?author={LOGIN}", LATER), secret_hash("d")
        )
        writing.credentials.add_feed_key(FeedKey("k-3", claire.id, f"/g/~{LOGIN}.atom?tag=mot", NOW), secret_hash("g"))
        writing.credentials.add_feed_key(
            FeedKey("k-4", claire.id, f"/search.atom?group=~{LOGIN}", NOW), secret_hash("h")
        )
        answer = Answer(200, (), json.dumps({"id": "hers", "author": {"login": LOGIN, "name": NAME}}))
        writing.idempotent_answers.put(StoredAnswer("un", claire.id, "x", answer, NOW))
        writing.idempotent_answers.put(
            StoredAnswer("deux", claire.id, "x", replace(answer, body='{"title": "Un titre"}'), NOW)
        )
        writing.accounts.add_identity(Identity("https://exemple.fr", LOGIN, zephyrine.id, NOW))
        writing.accounts.put_pending_login(secret_hash("e"), PendingOidcLogin("n", "v", "/", zephyrine.id, NOW))
        writing.invitations.add_request(zephyrine.id, CLOSED.id, "Bonjour", NOW)
        writing.invitations.add_claim(zephyrine.id, paul.id, LECTURES.id, NOW)
        for number, more in enumerate(
            ({"user_id": zephyrine.id}, {"email": EMAIL}, {"made_by": zephyrine.id, "email": "autre@exemple.fr"})
        ):
            invitation = Invitation(f"i-{number}", LinkPurpose.ACCOUNT, NOW, LATER, group_id=LECTURES.id, **more)
            writing.invitations.add(invitation, secret_hash(f"f{number}"))
        writing.moderation.add_report(Report("f-1", LECTURES.id, "his", None, zephyrine.id, "À revoir", NOW))
        writing.moderation.add_report(Report("f-2", LECTURES.id, "hers", "h-1", claire.id, "À revoir", NOW))
        writing.moderation.add_removals(removed_contents(zephyrine.id, paul.id))
        writing.moderation.log(AuditLogEntry(NOW, zephyrine.id, "joined", LECTURES.id, zephyrine.id))
        writing.moderation.log(AuditLogEntry(NOW, claire.id, "attributed", LECTURES.id, zephyrine.id, NAME, "u-gone"))
        writing.moderation.log(AuditLogEntry(NOW, claire.id, "attributed", LECTURES.id, claire.id, NAME, zephyrine.id))
        writing.moderation.log(AuditLogEntry(NOW, claire.id, "invited", LECTURES.id, None, EMAIL))
        writing.moderation.log(AuditLogEntry(NOW, zephyrine.id, "token-made", None, zephyrine.id, f"Jeton de {NAME}"))
        for letter in (
            OutboxMessage("l-1", EMAIL, "Bonjour", "Un lien", NOW, NOW),
            OutboxMessage("l-2", "autre@exemple.fr", "Bonjour", NAME, NOW, NOW, recipient_id=zephyrine.id),
            OutboxMessage(
                "l-3", "a@exemple.fr", f"{NAME} vous invite", f"{NAME} dit.", NOW, NOW, about_id=zephyrine.id
            ),
            OutboxMessage("l-4", "a@exemple.fr", "Un moderateur", "Les mots des autres", NOW, NOW, about_id=claire.id),
        ):
            writing.outbox.add(letter)


def removed_contents(her: str, others: str) -> list[Removal]:
    """Content in the trash: an item with her annotations, her comment, her reply."""
    her_content = {"id": "x", "author_id": her, "body": "Ses mots dans la corbeille.", "quote": None}
    bodies = (
        {"item": {"id": "gone", "author_id": her, "annotations": [
            {**her_content, "kind": "comment", "replies": [{"id": "y", "author_id": others, "body": "Sa réponse."}]},
            {**her_content, "kind": "comment", "replies": []},
        ]}},
        {"siblings": [], "annotation": {**her_content, "kind": "comment", "replies": []}},
        {"siblings": [], "parent": "z", "reply": her_content},
    )  # fmt: skip
    return [
        Removal(
            f"as-{n}", LECTURES.id, RemovalKind.REMOVED, f"gone-{n}", None, "Un titre", json.dumps(body), her, None,
            NOW, None
        )
        for n, body in enumerate(bodies)
    ]  # fmt: skip


def zephyrine(library: Library) -> Actor:
    return as_(library, LOGIN)


def delete_own_account(
    library: Library, words: AnnotationHandling = AnnotationHandling.REMOVED, *, alone: bool = False
) -> str:
    """Delete the account of Zéphyrine; returns her former id."""
    actor = zephyrine(library)
    delete_account(library, actor, words, alone=alone, proof=PASSWORD)
    catch_up(library)
    while merge_dropped(library, 10.0):
        pass
    return actor.user_id or ""


def base_of(library: Library) -> Path:
    return Path(library.settings.store_url.removeprefix("sqlite:///"))


def traces(library: Library, *needles: str) -> list[str]:
    """The places where the database, or a file beside it, still contains one of these texts."""
    data = library.settings.data
    traces_found = []
    with closing(sqlite3.connect(base_of(library))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                traces_found += [f"{table}: {row}" for value in row for needle in needles if needle in str(value)]
    for path in data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            traces_found += [f"{path.name}: {needle}" for needle in needles if needle.encode() in content]
    return traces_found


def items_of(library: Library) -> dict[str, dict[str, object]]:
    return {row[0].id: json.loads(json_line_of(*row)) for row in export_items(library, OPERATOR)}


def words_of(record: dict[str, object]) -> list[tuple[object, ...]]:
    return [
        (part["id"], part["kind"], part["author"] and part["author"]["login"], part["quote"], part["body"],
         [(r["id"], r["author"] and r["author"]["login"]) for r in part["replies"]])
        for part in record["annotations"]  # type: ignore[attr-defined]
    ]  # fmt: skip


def traces_after_merge(library: Library) -> list[str]:
    catch_up(library)
    while merge_dropped(library, 10.0):
        pass
    return traces(library, LOGIN)
