"""Reports, hidden content and the trash of the library that the browser tests show."""

from dataclasses import replace

from kb.access.actor import Actor
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.items.moderation import Removal, RemovalKind, RemovedContent
from kb.services.core.library import Library
from kb.services.moderation.hidden_corrections import correct_hidden_text
from kb.services.moderation.moderation_actions import hide_content, remove_content, report_content
from kb.store import ReadSnapshot
from kb.store.groups.moderation import removed_content_text
from tests.browser.support.checked_pages import HIDDEN, MEMBER, OWNER, REMOVED, STRANGER
from tests.factories.items import a_user, an_annotation, an_item
from tests.factories.library import add_items


def moderate(library: Library) -> None:
    """Add reports on a passage and on an item (one of them hostile), hidden content, of which a note was corrected, and
    content that a member removed.
    """
    with library.store.read() as reading:
        owner, member, stranger = (_actor(reading, login) for login in (OWNER, MEMBER, STRANGER))
    report_content(library, member, "item-20", "h-20-0", "La citation n’est pas dans la page.")
    report_content(library, stranger, "item-20", "h-20-0")
    report_content(library, stranger, "trap", None, "</p><script>alert(1)</script> " + "sanscoupure" * 20)
    # Removed items are not counted: other tests rely on the number of items.
    add_items(library, *(_removed_item(number) for number in range(2)))
    hide_content(library, owner, "gone-0", "c-gone-0", "Hors sujet")
    hide_content(library, owner, "gone-0")
    removed = remove_content(library, owner, "gone-1", "n-gone-1", "Doublon")
    remove_content(library, owner, "gone-1")
    with library.store.write() as writing:
        writing.moderation.delete_removals([removed.id])
        writing.moderation.add_removals([replace(removed, id=REMOVED), _hidden_note(removed.group_id)])
    correct_hidden_text(library, member, HIDDEN, "Le service est fermé, </q> " + "sanscoupure" * 20)
    catch_up(library)


def _hidden_note(group_id: str) -> Removal:
    """A note by a member on the passage of an item that stays."""
    note = an_annotation("Le service est ouvert.", id="n-hidden", body="Quelle incurie !", author=a_user(MEMBER))
    body = removed_content_text(RemovedContent(annotation=note, siblings=("n-hidden",)))
    title, day = "Un service ouvert", "2025-01-01T09:00:00.000000Z"
    why = "Un agent est reconnaissable"
    kind, item_id, by_id = RemovalKind.HIDDEN, "item-22", a_user(OWNER).id
    return Removal(HIDDEN, group_id, kind, item_id, "n-hidden", title, body, by_id, why, day, None)


def _removed_item(number: int) -> Item:
    return an_item(
        "Un article paru deux fois",
        id=f"gone-{number}",
        group="g-lectures",
        order=100 + number,
        author=a_user("paul-roy", "Paul Roy"),
        annotations=[
            an_annotation("Un passage en double.", id=f"n-gone-{number}", body="Déjà vu.", author=a_user(OWNER)),
            an_annotation(None, id=f"c-gone-{number}", body="Achetez mes livres !", author=a_user("paul-roy")),
        ],
    )


def _actor(reading: ReadSnapshot, login: str) -> Actor:
    user = reading.users.by_login(login)
    assert user is not None
    return Actor(user.id, reading.groups.memberships(user.id), login=login, name=user.name)
