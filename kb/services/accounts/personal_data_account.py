"""The account in the personal data export: what belongs to a user, by subject."""

from dataclasses import asdict
from typing import Any

from kb.model.items.item_list import ItemList
from kb.model.people.account import Account, Invitation
from kb.model.people.user import User
from kb.services.rights.own_record_redaction import ReadableFacts
from kb.store import ReadSnapshot


def account_record(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> dict[str, Any]:
    """The name, the account and what belongs to it, with the names beside them that the reader of the facts may read.

    A table with a column for a person belongs in one of these functions: a test fails without it.
    """
    account = reading.accounts.by_id(user.id)
    user_record = {"login": user.login, "name": user.name, "documents": _documents(reading, user, facts)}
    if account is None:
        return {**user_record, "account": None}
    return {
        **user_record,
        "account": _account(account),
        **_credentials(reading, user, facts),
        **_groups(reading, user, facts),
        **_invitations(reading, user, facts),
        **_collections(reading, user, facts),
        **_requests(reading, user, facts),
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "unverified_email": account.unverified_email,
        "administrator": account.administrator,
        "password": account.has_password,
        "created": account.created_at,
        "closed": account.closed_at,
        "last_visit": account.last_visit_at,
    }


def _credentials(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> dict[str, Any]:
    credentials = reading.credentials
    return {
        "sessions": [_own_fields(session, "last_change") for session in credentials.sessions_of(user.id)],
        "tokens": [
            {**_own_fields(token, "last_change"), "scope": token.scope.value}
            for token in credentials.tokens_of(user.id)
        ],
        "feeds": [
            {**_own_fields(feed_key), "address": facts.feed(feed_key.address)}
            for feed_key in credentials.feed_keys_of(user.id)
        ],
        "identities": [_own_fields(identity) for identity in reading.accounts.identities_of(user.id)],
    }


def _groups(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> dict[str, Any]:
    return {
        "groups": [
            {"group": facts.slug(membership.group_id), "role": membership.role.key}
            for membership in reading.groups.memberships(user.id)
        ],
        "requests": [
            {"group": facts.slug(group_id), "message": message, "created_at": created_at}
            for group_id, message, created_at in reading.person_data.requests_of(user.id)
        ],
        "claims": [
            {"group": facts.slug(claim.group_id), "author": claim.author.login, "created_at": claim.created_at}
            for claim in reading.person_data.claims_of(user.id)
            if facts.group(claim.group_id) is not None
        ],
        "imported_names": [
            {"group": facts.slug(group_id), "name": name}
            for group_id, name in reading.imported_names.of_user(user.id)
            if facts.group(group_id) is not None
        ],
    }


def _invitations(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> dict[str, Any]:
    addressed, made = reading.invitations.addressed_to(user.id), reading.invitations.made_by(user.id)
    return {
        "invitations": [_invitation_record(invite, facts.invitation_slug(invite)) for invite in addressed],
        "invitations_made": [_invitation_record(invite, facts.slug(invite.group_id)) for invite in made],
    }


def _collections(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> dict[str, Any]:
    """What the user made, sent, liked and chose to read."""
    return {
        "lists": [_list_record(item_list, facts) for item_list in reading.lists.of_person(user.id)],
        "saved_searches": [
            # As a feed, a search may name groups that its owner may not read any more.
            {"name": search.name, "search": facts.feed(f"/search?{search.parameters}"), "created_at": search.created_at}
            for search in reading.saved_searches.of_groups(filter(None, (own_group_id(reading, user),)))
        ],
        "files_sent": [
            {"name": job.name, "group": facts.slug(job.group_id), "state": job.state.value, "sent_at": job.created_at}
            for job in reading.import_jobs.of_person(user.id)
        ],
        "reading_list": [asdict(entry) for entry in reading.reading_lists.all(user.id)],
        "likes": [
            {"item": item_id, "what": subject_id, "since": created_at}
            for item_id, subject_id, created_at in reading.likes.of_user(user.id)
        ],
    }


def _requests(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> dict[str, Any]:
    """What the user or the user's programs asked of the site and its moderators."""
    return {
        "answers": [
            # The annotation that a reply answers is elsewhere in this file, if it may be read now.
            {"key": stored.key, "created_at": stored.created_at, "status": stored.answer.status}
            for stored in reading.idempotent_answers.of(user.id)
        ],
        "pages_asked_for": [
            {"address": address, "created_at": created_at}
            for address, created_at in reading.page_fetches.requested_by(user.id)
        ],
        "reports": [
            {**_own_fields(report, "group_id", reason="why"), "group": facts.slug(report.group_id)}
            for report in reading.person_data.reports_by(user.id)
        ],
    }


def _own_fields(record: Any, *but: str, **keys: str) -> dict[str, Any]:
    """The fields of a record, without those that name its owner; `keys` are names of fields in the file."""
    return {keys.get(name, name): value for name, value in asdict(record).items() if name not in {"user_id", *but}}


def _list_record(item_list: ItemList, facts: ReadableFacts) -> dict[str, Any]:
    """A list that the user created. Others' items in it are not the user's data, and are given by id only.

    Other users also edit a list that is not private: if the actor may not read its group, only its existence is given.
    """
    known = {
        "id": item_list.id,
        "group": facts.slug(item_list.group_id),
        "private": item_list.private,
        "created_at": item_list.created_at,
    }
    if not item_list.private and facts.group(item_list.group_id) is None:
        return known
    # Others may have written words about items that the user may not read.
    known_items = facts.readable_items([entry.item_id for entry in item_list.entries if entry.item_id])
    entries = [
        _own_fields(entry, text="words")
        for entry in item_list.entries
        if item_list.private or entry.item_id is None or entry.item_id in known_items
    ]
    return {
        **known,
        "name": item_list.name,
        "description": item_list.description,
        "draft": item_list.draft,
        "review": asdict(item_list.review),
        "entries": entries,
    }


def _invitation_record(invitation: Invitation, slug: str | None) -> dict[str, Any]:
    role = invitation.role.key if invitation.role is not None else None
    return {"group": slug, "role": role, "created_at": invitation.created_at, "expires_at": invitation.expires_at}


def _documents(reading: ReadSnapshot, user: User, facts: ReadableFacts) -> list[dict[str, Any]]:
    """The files and copies of pages that the user sent, each with its item if the actor may read that."""
    sent = reading.item_files.added_by(user.id)
    items = reading.items.any_of([file.item_id for file in sent])
    readable = {item.id for item in items.values() if facts.group(item.group_id) is not None}
    return [
        {
            "name": file.name,
            "kept_as": file.role.value,
            "media_type": file.media_type,
            "size": file.size,
            "added": file.added_at,
            "item": file.item_id if file.item_id in readable else None,
        }
        for file in sent
    ]


def own_group_id(reading: ReadSnapshot, user: User) -> str | None:
    """The id of the user's own library."""
    own = reading.groups.own_library(user.login)
    return own.id if own is not None else None
