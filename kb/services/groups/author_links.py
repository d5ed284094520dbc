"""Author links: an owner, or an administrator for the whole site, gives what an imported author wrote to an account."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import require_administrator, require_permission, require_signed_in_user
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.people.group import Group
from kb.model.people.user import Contribution, User
from kb.search.index_search import label_sort_key
from kb.services.accounts.account_lifecycle import require_open_account, required_account
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.core.pagination import PaginatedRows, matching_rows, paginate
from kb.services.groups.membership import role_in_group
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now


def claim_author(library: Library, actor: Actor, slug: str, author: str) -> None:
    """Claim that an imported author of a group is the actor; an owner answers.

    Raises NotFound, LoginNeeded, Forbidden unless the actor is a member, Conflict for an author with an account.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.READ, writing.groups.by_slug(slug))
        user_id = require_signed_in_user(actor)
        require_permission(actor, Action.JOIN, group)
        if role_in_group(writing, user_id, group.id) is None:
            raise Forbidden("Only a member of the group can say so.")
        user = _imported_author(writing, group, author).user
        writing.invitations.add_claim(user_id, user.id, group.id, timestamp_now())
        write_audit_log(writing, actor, AuditEvent.CLAIMED, group_id=group.id, subject=user.id)


def decline_claim(library: Library, actor: Actor, slug: str, author: str, login: str) -> None:
    """Decline a claim to an imported author. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug))
        for claim in writing.invitations.claims_of(group.id):
            if (claim.author.login, claim.user.login) == (author, login):
                writing.invitations.remove_claim(claim.user.id, claim.author.id, group.id)
                author_id = claim.author.id
                write_audit_log(
                    writing, actor, AuditEvent.DECLINED, group_id=group.id, subject=claim.user.id, person_id=author_id
                )
                return
        raise NotFound("This request was already answered or withdrawn.")


@dataclass(frozen=True, slots=True)
class AuthorLinkPreview:
    """The author, the account, and the author's `contribution` in the group that the account would get."""

    group: Group
    contribution: Contribution
    to: User


def group_author_link_preview(library: Library, actor: Actor, slug: str, author: str, login: str) -> AuthorLinkPreview:
    """The effect of `link_author_in_group`, without doing it. Raises the same errors."""
    with library.store.read() as reading:
        return _author_link_preview(reading, actor, slug, author, login)


def link_author_in_group(library: Library, actor: Actor, slug: str, author: str, login: str) -> AuthorLinkPreview:
    """Give an imported author's items and texts in a group to an account.

    An author without any content left is deleted. Raises NotFound, Forbidden, Conflict for an author with an account,
    or for an account that is not a member.
    """
    with library.store.write() as writing:
        done = _author_link_preview(writing, actor, slug, author, login)
        _reassign_contributions(writing, actor, done.group, done.contribution.user, done.to)
        _drop_unused_author(writing, done.contribution.user)
    return done


def _reassign_contributions(writing: WriteTransaction, actor: Actor, group: Group, author: User, to: User) -> None:
    """Give an imported author's content in a group to an account, in a transaction; claims to it are answered."""
    writing.contributions.attribute(author.id, to.id, group.id)
    writing.imported_names.give(author, to.id, group.id)
    for claim in writing.invitations.claims_of(group.id):
        if claim.author.id == author.id:
            writing.invitations.remove_claim(claim.user.id, author.id, group.id)
    write_audit_log(
        writing, actor, AuditEvent.ATTRIBUTED, group_id=group.id, subject=to.id, detail=author.name, person_id=author.id
    )


def _author_link_preview(reading: ReadSnapshot, actor: Actor, slug: str, author: str, login: str) -> AuthorLinkPreview:
    group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
    contribution = _imported_author(reading, group, author)
    user = _user_to_link(reading, login)
    # An owner must not attribute texts to users outside the group.
    if role_in_group(reading, user.id, group.id) is None and not (actor.operator or actor.administrator):
        raise Conflict("“%(name)s” is not a member of this group: invite them first.", name=user.name)
    return AuthorLinkPreview(group, contribution, user)


def _user_to_link(reading: ReadSnapshot, typed: str) -> User:
    return require_open_account(required_account(reading, typed.strip().casefold())).user


def _imported_author(reading: ReadSnapshot, group: Group, login: str) -> Contribution:
    """What an author without an account did in a group. Raises NotFound, Conflict for an author with an account."""
    contributions = reading.contributions.of_group(group.id)
    contribution = next((known for known in contributions if known.user.login == login), None)
    if contribution is None:
        raise NotFound("Nobody of this name shared or wrote anything in this group.")
    if reading.users.has_account(contribution.user.id):
        raise Conflict("“%(name)s” has an account: what they did is theirs.", name=contribution.user.name)
    return contribution


def _drop_unused_author(writing: WriteTransaction, author: User) -> None:
    """Delete an imported author without any content left."""
    if writing.contributions.item_ids(author.id) or writing.groups.memberships(author.id):
        return
    # Hidden and removed content can be restored, with its author.
    if writing.contributions.has_removed_content(author.id):
        return
    writing.invitations.erase_person(author.id)
    writing.users.remove(author.id)


@dataclass(frozen=True, slots=True)
class ImportedAuthorView:
    """An imported author's items, and annotations with replies, in each shared group by name."""

    user: User
    contributions: tuple[tuple[Group, int, int], ...]


def find_imported_authors(library: Library, actor: Actor, q: str, page: int) -> PaginatedRows[Contribution]:
    """The imported authors whose login or name contains each word, the most active first.

    Content in users' own libraries does not count. Raises Forbidden unless the actor is an administrator.
    """
    require_administrator(actor)
    with library.store.read() as reading:
        every = reading.contributions.imported()
    contributions = matching_rows(every, q, lambda contribution: f"{contribution.user.login} {contribution.user.name}")
    ranked = sorted(contributions, key=lambda known: (-known.shared - known.annotated, known.user.login))
    return paginate(ranked, page)


def imported_author_view(library: Library, actor: Actor, author: str) -> ImportedAuthorView:
    """One imported author. Raises Forbidden unless the actor is an administrator; NotFound."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _imported_author_with_login(reading, author)


def site_author_link_preview(
    library: Library, actor: Actor, author: str, login: str
) -> tuple[ImportedAuthorView, User]:
    """The effect of `link_author_on_site`, without doing it. Raises the same errors."""
    require_administrator(actor)
    with library.store.read() as reading:
        return _imported_author_with_login(reading, author), _user_to_link(reading, login)


def link_author_on_site(library: Library, actor: Actor, author: str, login: str) -> tuple[ImportedAuthorView, User]:
    """Give an imported author's content in all shared groups to an account.

    An author without any content left is deleted. Raises Forbidden unless the actor is an administrator; NotFound;
    Conflict for a closed account.
    """
    require_administrator(actor)
    with library.store.write() as writing:
        author_view, to = _imported_author_with_login(writing, author), _user_to_link(writing, login)
        for group, _, _ in author_view.contributions:
            _reassign_contributions(writing, actor, group, author_view.user, to)
        _drop_unused_author(writing, author_view.user)
    return author_view, to


def _imported_author_with_login(reading: ReadSnapshot, login: str) -> ImportedAuthorView:
    user = reading.users.by_login(login)
    did = reading.contributions.of_person(user.id) if user and not reading.users.has_account(user.id) else {}
    shared = [group for group in reading.groups.by_ids(did).values() if not group.is_personal]
    if user is None or not shared:
        raise NotFound("There is no imported author “%(login)s”.", login=login[:100])
    shared.sort(key=lambda group: (label_sort_key(group.name), group.slug))
    return ImportedAuthorView(user, tuple((group, *did[group.id]) for group in shared))
