"""All that the base holds of a person, as files that they can take away and read."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from kb.access.actor import Actor
from kb.access.rules import require_operator, require_person
from kb.errors import NotFound
from kb.exchange.json_lines import line_of
from kb.library.opening import Library
from kb.library.own_data_told import about
from kb.library.signing_in import check_limits
from kb.model.account import Account, Invitation
from kb.model.annotation import Annotation
from kb.model.group import Group, Role
from kb.model.item import Item
from kb.model.moderation import Act
from kb.model.outline import Outline
from kb.model.user import User
from kb.store import Rate, Reading

_BATCH = 20
"""Items in memory at a time: one may have thousands of annotations."""
_DOWNLOADS = Rate(burst=6, every=600)
ACCOUNT, CONTRIBUTIONS, LOG, ASIDE = "account.json", "contributions.jsonl", "log.jsonl", "set-aside.jsonl"


@dataclass(frozen=True, slots=True)
class OwnData:
    """What there is to take away, counted. `words` are annotations and replies."""

    user: User
    items: int
    words: int


def own_data(library: Library, actor: Actor) -> OwnData:
    """What one can take away. Raises SignInNeeded."""
    user_id = require_person(actor, reading=True)
    with library.store.read() as reading:
        shared, _, words = reading.persons.counts(user_id)
        return OwnData(reading.users.by_ids([user_id])[user_id], shared, words)


def check_downloads(library: Library, actor: Actor) -> None:
    """Count one download. Raises TooOften, SignInNeeded, Refused for a token: much is read for each."""
    key = sha256(f"own data\0{require_person(actor)}".encode()).hexdigest()
    check_limits(library, [(key, _DOWNLOADS)])


def write_own_data(library: Library, actor: Actor, stream: IO[bytes]) -> None:
    """Write all that the base holds of who asks, as a ZIP; one snapshot. Raises SignInNeeded, Refused for a token."""
    user_id = require_person(actor)
    with library.store.read() as reading:
        _write(reading, reading.users.by_ids([user_id])[user_id], stream, library.settings.site_name)


def write_data_of(library: Library, actor: Actor, login: str, stream: IO[bytes]) -> None:
    """Write all that the base holds of somebody, with an account or without, as `write_own_data` does.

    Raises Refused, but for whoever runs the base; NotFound.
    """
    require_operator(actor)
    with library.store.read() as reading:
        user = reading.users.by_login(login.strip())
        if user is None:
            raise NotFound("Nobody here has the login “%(login)s”.", login=login[:100])
        _write(reading, user, stream, library.settings.site_name)


def _write(reading: Reading, user: User, stream: IO[bytes], site: str) -> None:
    groups = _Groups(reading)
    account = reading.accounts.by_ids([user.id]).get(user.id)
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, text in about(site, user.name):
            archive.writestr(name, text)
        archive.writestr(ACCOUNT, json.dumps(_account(reading, user, account, groups), ensure_ascii=False, indent=1))
        for name, lines in (
            (CONTRIBUTIONS, _contributions(reading, user, groups)),
            (LOG, (_line(_act(one, user, groups)) for one in reading.persons.acts_of(user.id))),
            (ASIDE, _aside(reading, user, groups)),
        ):
            with archive.open(name, "w", force_zip64=True) as file:
                for line in lines:
                    file.write(line.encode())


class _Groups:
    """Groups by id, fetched as they are named."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[str, Group | None] = {}

    def __call__(self, group_id: str) -> Group | None:
        if group_id not in self._known:
            self._known[group_id] = self._reading.groups.by_ids([group_id]).get(group_id)
        return self._known[group_id]

    def slug(self, group_id: str | None) -> str | None:
        found = self(group_id) if group_id else None
        return found.slug if found else None


def _account(reading: Reading, user: User, account: Account | None, groups: _Groups) -> dict[str, Any]:
    held: dict[str, Any] = {"login": user.login, "name": user.name}
    if account is None:
        return {**held, "account": None}
    kept, given = reading.credentials, reading.invitations
    return {
        **held,
        "account": {
            "email": account.email,
            "administrator": account.administrator,
            "password": account.has_password,
            "created": account.created_at,
            "closed": account.closed_at,
        },
        "sessions": [_bare(one, "written") for one in kept.sessions_of(user.id)],
        "tokens": [{**_bare(one, "written"), "scope": one.scope.value} for one in kept.tokens_of(user.id)],
        "feeds": [_bare(one) for one in kept.feed_keys_of(user.id)],
        "identities": [_bare(one) for one in reading.accounts.identities_of(user.id)],
        "groups": [
            {"group": groups.slug(one.group_id), "role": one.role.name.lower()}
            for one in reading.groups.memberships(user.id)
        ],
        "requests": [
            {"group": groups.slug(group_id), "message": message, "created_at": at}
            for group_id, message, at in reading.persons.requests_of(user.id)
        ],
        "claims": [
            {"group": groups.slug(one.group_id), "author": one.author.login, "created_at": one.created_at}
            for one in reading.persons.claims_of(user.id)
        ],
        "invitations": [_invitation(one, groups) for one in given.addressed_to(user.id)],
        "invitations_made": [_invitation(one, groups) for one in reading.invitations.made_by(user.id)],
        "lists": [_outline(one, groups) for one in reading.outlines.of_person(user.id)],
        "files_sent": [
            {"name": one.name, "group": groups.slug(one.group_id), "state": one.state.value, "sent_at": one.created_at}
            for one in reading.intakes.of_person(user.id)
        ],
        "reading_list": [asdict(one) for one in reading.reading_lists.all(user.id)],
        "likes": [
            {"item": item_id, "what": subject_id, "since": at}
            for item_id, subject_id, at in reading.likes.of_user(user.id)
        ],
        "mentions": [_bare(one, "by_id") for one in reading.mentions.of_user(user.id)],
        "letters_about_mentions": bool(reading.mentions.wants_letters([user.id])),
        "answers": [
            {"key": one.key, "created_at": one.created_at, "answer": one.answer.body}
            for one in reading.answered.of(user.id)
        ],
        "pages_asked_for": [
            {"address": address, "created_at": at} for address, at in reading.fetches.asked_by(user.id)
        ],
        "reports": [
            {**_bare(one, "group_id"), "group": groups.slug(one.group_id)} for one in reading.persons.flags_by(user.id)
        ],
    }


def _bare(one: Any, *but: str) -> dict[str, Any]:
    """The fields of what is somebody's, without what says whose."""
    return {name: value for name, value in asdict(one).items() if name not in {"user_id", *but}}


def _outline(one: Outline, groups: _Groups) -> dict[str, Any]:
    """A list that somebody made; what others' items in it say is not theirs, and is named by its id alone."""
    return {
        "id": one.id,
        "group": groups.slug(one.group_id),
        "name": one.name,
        "description": one.description,
        "private": one.private,
        "created_at": one.created_at,
        "entries": [asdict(entry) for entry in one.entries],
    }


def _invitation(one: Invitation, groups: _Groups) -> dict[str, Any]:
    role = Role(one.role).name.lower() if one.role is not None else None
    return {
        "group": groups.slug(one.group_id),
        "role": role,
        "created_at": one.created_at,
        "expires_at": one.expires_at,
    }


def _act(one: Act, user: User, groups: _Groups) -> dict[str, Any]:
    """A line of the log. Of what others did, only that it was done: who they are is their own affair."""
    mine = one.user_id == user.id
    return {
        "at": one.at,
        "act": one.act,
        "by": "you" if mine else "others",
        "group": groups.slug(one.group_id),
        "detail": one.detail if mine else None,
    }


def _contributions(reading: Reading, user: User, groups: _Groups) -> Iterator[str]:
    """Each item that somebody shared or has a word in, as `kb import` reads it."""
    ids = iter(reading.contributions.item_ids(user.id))
    while batch := list(islice(ids, _BATCH)):
        for item in reading.items.any_of(batch).values():
            group = groups(item.group_id)
            if group is not None:
                yield line_of(part_of(item, user), replace(group, description=None))


def part_of(item: Item, user: User) -> Item:
    """What of an item is somebody's: of the words of others nothing, and of an item of others what names it.

    A passage to which they have answered stays, without what was said of it.
    """
    annotations = tuple(_own_annotations(item.annotations, user))
    if item.author == user:
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
        sharers=tuple(one for one in item.sharers if one.user == user),
    )


def _own_annotations(annotations: Iterable[Annotation], user: User) -> Iterator[Annotation]:
    for one in annotations:
        replies = tuple(reply for reply in one.replies if reply.author == user)
        if one.author == user:
            yield replace(one, replies=replies)
        elif replies:
            yield Annotation(one.id, one.kind, quote=one.quote, replies=replies)


def _aside(reading: Reading, user: User, groups: _Groups) -> Iterator[str]:
    """What somebody wrote of what is hidden or in the bin."""
    for one in reading.persons.aside_of(user.id):
        for record in _authored(json.loads(one.body), user.id):
            about_it = {"kind": one.kind.value, "at": one.at, "until": one.expires_at}
            yield _line({"group": groups.slug(one.group_id), "item": one.item_id, **about_it, **record})


def _authored(value: Any, user_id: str) -> Iterator[dict[str, Any]]:
    """Each thing of somebody in a record, without what others added to it."""
    if isinstance(value, list):
        for one in value:
            yield from _authored(one, user_id)
    elif isinstance(value, dict):
        if value.get("author_id") == user_id:
            others = {"author_id", "annotations", "replies", "group_id", "kind"}
            yield {"words": {name: one for name, one in value.items() if name not in others}}
        for one in value.values():
            yield from _authored(one, user_id)


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
