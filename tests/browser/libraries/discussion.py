"""Comments, replies and private notes in the library that the browser tests show."""

from kb.features.notices.notices import mark_item_seen
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.services.annotations.annotations import write_reply
from kb.services.annotations.likes import like
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from tests.browser.support.checked_pages import MEMBER, OWNER, STRANGER
from tests.factories.group import as_
from tests.factories.page_copies import a_copy, compressed


def discuss(library: Library) -> None:
    """Add replies that mention a member (one of them read), likes, and a private note."""
    owner, member = as_(library, OWNER), as_(library, MEMBER)
    read = write_reply(library, owner, "c-13", f"@{MEMBER}, as-tu lu la note de mars ?")
    mark_item_seen(library, member, "item-13", [read.part_id])
    write_reply(library, owner, "n-13", f"Voir aussi avec @{MEMBER}, et \u202e@{OWNER} <b>" + "sanscoupure" * 20)
    write_reply(library, owner, "c-14", f"@{MEMBER} : même question ici.")
    for actor in (owner, member):
        for subject in ("item-13", "n-13", "c-13"):
            like(library, actor, "item-13", subject)
    note = AnnotationFields(body="À montrer mardi :\n– le passage ;\n– la note.")
    write_private_note(library, as_(library, STRANGER), "item-13", note)
    with library.store.write() as writing:
        writing.item_files.put(a_copy("item-13", compressed("<p>Une page."), owner.user_id))
    catch_up(library)
