"""Import items from files, in batches that are committed one by one; export items in their order."""

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice

from kb.access.actor import Action, Actor
from kb.access.permissions import access_scope_of, is_allowed, require_permission
from kb.errors import Conflict, Invalid
from kb.freed_memory import return_freed_memory
from kb.model.items.import_draft import ItemDraft, RecordWarning
from kb.model.items.import_job import ImportReport
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.model.slugs import is_login, is_slug
from kb.services.authentication.authentication import current_actor
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups
from kb.services.imports.import_report import ImportOptions
from kb.services.imports.importer import ImportRun
from kb.store import WriteTransaction, database_identity

_MOST_BATCH_CHARACTERS = 4_000_000
"""Characters of text after which a batch is full, even with few items."""
_EXPORTED = 5
"""Items in memory at a time in an export."""
_BATCHES = 20
"""Batches after which what they took is returned to the system."""


def import_items(
    library: Library,
    actor: Actor,
    drafts: Iterable[ItemDraft | RecordWarning],
    options: ImportOptions | None = None,
    progress: Callable[[ImportReport], None] | None = None,
    *,
    record: Callable[[WriteTransaction, ImportReport], None] | None = None,
) -> ImportReport:
    """Import drafts, one transaction for each batch; the batches reported to `progress` are committed.

    A draft matches an item by id, otherwise by group and address, otherwise by group, title and sharer; it adds to the
    item and removes nothing. Invalid records are skipped and reported. A dry run writes nothing, and holds what it
    would write in memory.

    `record` writes further data of a batch, in its transaction. `kb.services.imports.allowed_changes` limits a
    member's import. Rights are checked in each batch, with the current account and memberships.

    Raises Invalid for unusable options; NotFound or Forbidden for a group into which the actor may not import; Conflict
    if the database is restored meanwhile.
    """
    options = options or ImportOptions()
    _check_options(options)
    importing = ImportRun(actor, options, library)
    with library.store.read() as reading:
        base = database_identity(reading.meta)
    for number, batch in enumerate(_batches(drafts, options.batch_size), start=1):
        if options.dry_run:
            with library.store.read() as reading:
                importing.take(current_actor(reading, actor), batch, reading, None)
        else:
            with library.store.write() as writing:
                # The groups and people that the import remembers would be wrong in another database.
                if database_identity(writing.meta) != base:
                    raise Conflict("The database was restored during this import: import the file again.")
                importing.take(current_actor(writing, actor), batch, writing, writing)
                if record:
                    record(writing, importing.report())
        if progress:
            progress(importing.report())
        if number % _BATCHES == 0:
            return_freed_memory()
    return importing.report()


def export_items(
    library: Library, actor: Actor, group_slug: str | None = None, query: str = ""
) -> Generator[tuple[Item, Group], None, None]:
    """The items that the actor may export, in the order in which they were added; one snapshot.

    All items of one group or of all groups; with a query, those that the search page finds. Raises NotFound for a group
    that the actor may not read, Invalid for a too long query, Unavailable without an index.
    """
    if query.strip():
        wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        group = (
            require_permission(actor, Action.EXPORT, reading.groups.by_slug(group_slug))
            if group_slug is not None
            else None
        )
        if query.strip():
            require_current_index(library, reading)
        readable = readable_groups(reading, actor)
        request = SearchRequest.from_params([("q", query)])
        matchers = library.vocabulary_cache.for_search(reading, request, readable.groups)
    chosen = library.catalogue.search(request, readable, matchers).ids() if query.strip() else None
    return _readable_items(library, actor, group.id if group else None, chosen)


def _readable_items(
    library: Library, actor: Actor, group_id: str | None, chosen: frozenset[str] | None
) -> Generator[tuple[Item, Group], None, None]:
    with library.store.read() as reading:
        groups = {
            group.id: group
            for group in readable_groups(reading, actor).groups
            if is_allowed(actor, Action.EXPORT, group)
        }
        every = reading.items.stream(access_scope_of(actor, groups.values()), group_id)
        chosen_items = (item for item in every if chosen is None or item.id in chosen)
        while batch := list(islice(chosen_items, _EXPORTED)):
            for item in reading.item_files.with_files(batch):
                yield item, groups[item.group_id]


def _check_options(options: ImportOptions) -> None:
    for slug in (options.group_slug, options.own_library):
        if slug is not None and not is_slug(slug):
            raise Invalid("“%(slug)s” cannot be the address of a group: a-z, 0-9, ~ and - only.", slug=slug)
    for login in options.author_map.values():
        if not is_login(login):
            raise Invalid("“%(login)s” cannot be a login: a-z, 0-9 and - only.", login=login)
    if options.batch_size < 1:
        raise Invalid("A batch holds at least one item.")


def _batches(entries: Iterable[ItemDraft | RecordWarning], size: int) -> Iterator[list[ItemDraft | RecordWarning]]:
    batch, weight = list[ItemDraft | RecordWarning](), 0
    for entry in entries:
        batch.append(entry)
        weight += _draft_size(entry) if isinstance(entry, ItemDraft) else 0
        if len(batch) >= size or weight >= _MOST_BATCH_CHARACTERS:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _draft_size(draft: ItemDraft) -> int:
    texts = [draft.title, draft.description, draft.url]
    texts += [
        text for part in draft.annotations for text in (part.quote, part.body, part.prefix, part.suffix, part.selectors)
    ]
    texts += [reply.body for annotation in draft.annotations for reply in annotation.replies]
    return sum(len(text) for text in texts if text) + 100 * len(draft.annotations)
