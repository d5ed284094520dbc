"""Personal data export: all that the database holds about a user, as files to download and read."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from kb.access.actor import Actor
from kb.access.permissions import require_operator, require_signed_in_user
from kb.errors import NotFound
from kb.formats.json_lines.writer import json_line_of
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.model.items.moderation import AuditLogEntry
from kb.model.people.user import User
from kb.services.accounts.personal_data_account import account_record, own_group_id
from kb.services.authentication.authentication import actor_of_user, check_rate_limits
from kb.services.core.library import Library
from kb.services.core.site_identity import site_name
from kb.services.rights.own_record_redaction import ReadableFacts
from kb.store import Rate, ReadSnapshot
from kb.store.database.json_values import USER_KEYS, objects_in
from kb.translation import LANGUAGES, Translator

_BATCH = 20
"""Items in memory at a time: one item may have thousands of annotations."""
_DOWNLOAD_RATE = Rate(burst=6, every=600)
ACCOUNT, CONTRIBUTIONS, LOG, REMOVED = "account.json", "contributions.jsonl", "log.jsonl", "set-aside.jsonl"
WITHHELD = "no-longer-readable.jsonl"
_WORD_FIELDS = ("added", "updated", "quote", "body", "color", "tags")
"""The fields that only the author of an annotation or a reply can change."""


@dataclass(frozen=True, slots=True)
class PersonalDataCounts:
    """Counts of the user's data. `words` counts annotations and replies."""

    user: User
    items: int
    words: int


def personal_data_counts(library: Library, actor: Actor) -> PersonalDataCounts:
    """The counts of the actor's data. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        shared, _, words = reading.person_data.counts(user_id)
        user = reading.users.by_ids([user_id])[user_id]
        own = own_group_id(reading, user)
        of_nobody = reading.person_data.items_without_author_in(own) if own is not None else 0
        return PersonalDataCounts(user, shared + of_nobody, words)


def count_download(library: Library, actor: Actor) -> None:
    """Count one download, because each reads much data. Raises RateLimited, LoginNeeded, Forbidden for a token."""
    key = sha256(f"own data\0{require_signed_in_user(actor)}".encode()).hexdigest()
    check_rate_limits(library, [(key, _DOWNLOAD_RATE)])


def write_own_personal_data(library: Library, actor: Actor, stream: IO[bytes]) -> None:
    """Write all data about the actor as a ZIP, from one snapshot. Raises LoginNeeded, Forbidden for a token.

    The actor's own texts are complete. The titles, quotes and groups beside them are limited to what the actor may read
    now.
    """
    user_id = require_signed_in_user(actor)
    with library.store.read() as reading:
        user = reading.users.by_ids([user_id])[user_id]
        _write_archive(library, reading, actor_of_user(reading, user_id), user, stream)


def write_personal_data_of(library: Library, actor: Actor, login: str, stream: IO[bytes]) -> None:
    """As `write_own_personal_data`, for any user, with or without account. Raises Forbidden, NotFound."""
    require_operator(actor)
    with library.store.read() as reading:
        user = reading.users.by_login(login.strip())
        if user is None:
            raise NotFound("Nobody here has the login “%(login)s”.", login=login[:100])
        _write_archive(library, reading, actor, user, stream)


def _write_archive(library: Library, reading: ReadSnapshot, actor: Actor, user: User, stream: IO[bytes]) -> None:
    """Write the data of a user, with the names and facts beside them that the actor may read now."""
    facts = ReadableFacts(reading, actor)
    records = {feature.name: feature.personal_data(reading.connection, user.id) for feature in library.store.features}
    account = account_record(reading, user, facts) | {name: rows for name, rows in records.items() if rows}
    log = reading.person_data.log_entries_of(user.id)
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, text in readme_files(site_name(reading, library.settings), user.name):
            archive.writestr(name, text)
        archive.writestr(ACCOUNT, json.dumps(account, ensure_ascii=False, indent=1))
        for name, lines in (
            (CONTRIBUTIONS, _contribution_lines(reading, user, facts)),
            (WITHHELD, _withheld_lines(reading, user, facts)),
            (LOG, (_json_line(_audit_log_record(entry, user, facts)) for entry in log)),
            (REMOVED, _removed_content_lines(reading, user, facts)),
        ):
            with archive.open(name, "w", force_zip64=True) as file:
                for line in lines:
                    file.write(line.encode())


def _audit_log_record(entry: AuditLogEntry, user: User, facts: ReadableFacts) -> dict[str, Any]:
    """An entry of the audit log. Of other users' actions, only the action is given, not the user."""
    mine = entry.user_id == user.id
    return {
        "at": entry.at,
        "act": entry.action,
        "by": "you" if mine else "others",
        "group": facts.slug(entry.group_id),
        "detail": facts.detail(entry) if mine else None,
    }


def _contribution_lines(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> Iterator[str]:
    """Each item that the user shared or wrote about, as `kb import` reads it, in groups that the actor may read."""
    own = own_group_id(reading, user)
    for item in _items_of_user(reading, user, own):
        group = facts.group(item.group_id)
        if group is not None:
            yield json_line_of(own_part_of_item(item, user, own), replace(group, description=None))


def _withheld_lines(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> Iterator[str]:
    """Each text of the user in groups that the actor may not read, without its context."""
    for item in _items_of_user(reading, user):
        if facts.group(item.group_id) is None:
            yield from map(_json_line, words_in_unreadable_item(item, user))


def _items_of_user(reading: ReadSnapshot, user: User, library_id: str | None = None) -> Iterator[Item]:
    """The items that the user shared or wrote about, then the others of the user's own library."""
    contributed = list(reading.contributions.item_ids(user.id))
    known = set(contributed)
    own = reading.items.ids_of_group(library_id) if library_id is not None else ()
    ids = chain(contributed, (item_id for item_id in own if item_id not in known))
    while batch := list(islice(ids, _BATCH)):
        yield from reading.items.any_of(batch).values()


def _removed_content_lines(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> Iterator[str]:
    for removal in reading.person_data.removals_naming(user.id):
        with_facts = facts.may_see_removed_item(removal)
        body = json.loads(removal.body)
        own = [*own_records(body, user.id, with_facts=with_facts)]
        part = body.get("annotation") or body.get("reply") or {}
        if "correction" in body and user.id in map(part.get, USER_KEYS):
            own.append({"correction": body["correction"]["text"]})
        for record in own:
            known = {"kind": removal.kind.value, "at": removal.at, "until": removal.expires_at, **record}
            if facts.group(removal.group_id):
                known = {"group": facts.slug(removal.group_id), "item": removal.item_id, **known}
            yield _json_line(known)


def _json_line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


_FILE_NAMES = {"fr": "LISEZ-MOI.txt", "en": "README.txt"}


def readme_files(site: str, name: str) -> Iterator[tuple[str, str]]:
    """The file name and the text of the README in each language."""
    for language in LANGUAGES:
        translator = Translator(language)
        lines = (
            translator.gettext("What %(site)s has about %(name)s", site=site, name=name),
            "",
            "account.json",
            translator.gettext(
                "The name, the account and what belongs to it: sessions, tokens, keys of feeds, identities, groups and"
                " roles, requests, invitations, lists, saved searches, files sent, documents, reading list, likes,"
                " mentions, reports. Secrets are not in it: the site keeps none."
            ),
            "",
            "contributions.jsonl",
            translator.gettext(
                "The items that were shared, those of the own library, and all annotations and replies that were"
                " written, one item a line, in the exchange format of Florilège: “kb import” reads it. Of the words of"
                " others it holds nothing."
            ),
            "",
            "no-longer-readable.jsonl",
            translator.gettext(
                "Your words in groups that you may not read any more, one a line: what you wrote, without the titles,"
                " the passages of others and the names of groups around it."
            ),
            "",
            "log.jsonl",
            translator.gettext("What the audit log says about this person, one action a line, the latest first."),
            "",
            "set-aside.jsonl",
            translator.gettext("What this person wrote of what is hidden, or in the trash and can still come back."),
            "",
            translator.gettext("All files are text in UTF-8, times are in UTC."),
        )
        yield _FILE_NAMES[language], "\n".join(lines) + "\n"


def own_part_of_item(item: Item, user: User, own_group_id: str | None = None) -> Item:
    """The parts of an item that belong to one user: no texts of others, and of another user's item only its
    identification. In the user's own library, what has no author belongs to the user: bookmarks of a browser, for
    example.

    An annotation to which the user has replied stays, without the text about it.
    """
    is_own = item.group_id == own_group_id
    annotations = tuple(_own_annotations(item.annotations, user, with_nobodys=is_own))
    if item.author == user or (is_own and item.author is None):
        return replace(item, annotations=annotations, sharers=())
    return Item(
        item.id,
        item.group_id,
        item.order,
        url=item.url,
        title=item.title,
        published=item.published,
        source=item.source,
        language=item.language,
        annotations=annotations,
        sharers=tuple(contributor for contributor in item.sharers if contributor.user == user),
    )


def words_in_unreadable_item(item: Item, user: User) -> Iterator[dict[str, Any]]:
    """The user's texts in an item that the user may not read, without what others wrote or may have changed."""
    shared = (
        [item.added]
        if item.author == user
        else [contributor.added for contributor in item.sharers if contributor.user == user]
    )
    for added in shared:
        yield {"kind": "item", "added": added}
    for annotation in item.annotations:
        if annotation.author == user:
            yield {"kind": annotation.kind.value, **_word_fields(annotation)}
        for reply in annotation.replies:
            if reply.author == user:
                yield {"kind": "reply", **_word_fields(reply)}


def own_records(value: Any, user_id: str, *, with_facts: bool) -> Iterator[dict[str, Any]]:
    """Each part that belongs to one user in the record of hidden or removed content, without what others added.

    `with_facts`: include the item's fields, which others may have changed.
    """
    others = {*USER_KEYS, "sharers", "annotations", "replies", "group_id", "kind"}
    for part in objects_in(value):
        if user_id in map(part.get, USER_KEYS):
            own_fields = {name: field_value for name, field_value in part.items() if name not in others}
            yield {
                "words": own_fields
                if with_facts
                else {name: own_fields[name] for name in _WORD_FIELDS if name in own_fields}
            }


def _own_annotations(annotations: Iterable[Annotation], user: User, *, with_nobodys: bool) -> Iterator[Annotation]:
    authors = {user, None} if with_nobodys else {user}
    for annotation in annotations:
        replies = tuple(reply for reply in annotation.replies if reply.author in authors)
        if annotation.author in authors:
            yield replace(annotation, replies=replies)
        elif replies:
            yield Annotation(annotation.id, annotation.kind, quote=annotation.quote, replies=replies)


def _word_fields(part: Annotation | Reply) -> dict[str, Any]:
    pairs = ((name, getattr(part, name, None)) for name in _WORD_FIELDS)
    return {name: value for name, value in pairs if value is not None}
