"""Whether a queued e-mail message may still be sent: its recipient must be able to open the page it links to."""

from collections.abc import Iterator
from urllib.parse import unquote

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.model.people.secret import secret_hash
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.readable_groups import readable_groups
from kb.services.rights.invitation_rights import usable_invitation
from kb.store import OutboxMessage, ReadSnapshot

_WITH_SECRET = ("welcome", "reset", "email")


def may_still_be_sent(reading: ReadSnapshot, letter: OutboxMessage, base_url: str) -> bool:
    """Whether the recipient's account, if any, is open, and may open each address of this site in the message.

    An invitation must still be valid, a request to join must still be open, and a mention must be readable.
    """
    actor = Actor()
    if letter.recipient_id is not None:
        actor = actor_of_user(reading, letter.recipient_id)
        if actor.user_id is None:
            return False
    return all(_may_open_path(reading, actor, letter, path) for path in _linked_paths(letter, base_url))


def _linked_paths(letter: OutboxMessage, base_url: str) -> Iterator[str]:
    """The addresses of this site, each of which has a line of its own."""
    for line in letter.body.splitlines():
        if line.startswith(f"{base_url}/"):
            yield line.removeprefix(f"{base_url}/")


def _may_open_path(reading: ReadSnapshot, actor: Actor, letter: OutboxMessage, path: str) -> bool:
    page, _, fragment = path.partition("#")
    match [unquote(one) for one in page.split("/")]:
        case [kind, secret] if kind in _WITH_SECRET:
            return usable_invitation(reading, secret_hash(secret)) is not None
        case ["items", item_id]:
            return _may_read_part(reading, actor, item_id, fragment.removeprefix("a-"))
        case ["g", slug]:
            group = reading.groups.by_slug(slug)
            return group is not None and is_allowed(actor, Action.READ, group)
        case ["g", slug, "members"]:
            group = reading.groups.by_slug(slug)
            still_asks = group is not None and reading.invitations.has_asked(letter.about_id or "", group.id)
            return group is not None and still_asks and is_allowed(actor, Action.INVITE, group)
        case _:
            return True


def _may_read_part(reading: ReadSnapshot, actor: Actor, item_id: str, part_id: str) -> bool:
    scope = readable_groups(reading, actor).scope
    found = reading.items.of_annotations([part_id], scope).get(part_id)
    return found is not None and found.id == item_id
