"""Merge a record of a file of a library of Diigo into an item that other files of the library have made.

A library comes in several files, each with a part of its facts (`kb.model.items.import_source`). Each fact stays from
the file that has it best, whichever file comes first. Two bookmarks of one address in a file are one item: the first in
the file gives its texts, the earlier one its author and date, the other people are its `sharers`.

An item that users saved here, or that another format gave, stays what it is: a file gives it what it lacks, and its
title and description as any import does.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from kb.formats.comment_source_and_date import source_and_date
from kb.model.bibliographic_record import with_record_values
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.import_draft import ItemDraft
from kb.model.items.import_source import DATE_RANKS, TEXT_RANKS, DiigoFile, sources_of
from kb.model.items.item import Item, Sharing
from kb.services.imports.diigo_annotation_merge import AnnotationRules, merged_annotations
from kb.services.imports.diigo_sharer_merge import TEXTS, DiigoRun, formats_of, merged_sharings
from kb.services.imports.diigo_text_choice import chosen_text


def merged_diigo_item(
    item: Item, draft: ItemDraft, file: DiigoFile, run: DiigoRun, rules_of: Callable[[bool, bool], AnnotationRules]
) -> Item:
    """The item with a record of the file in it, for an import that may change all of it.

    `rules_of` gives how annotations are merged, by whether the file has the better texts, and the better dates.
    """
    # A file that is imported again gives its texts again.
    better = run.is_first(item.id, TEXTS, file) and TEXT_RANKS[file] >= run.rank_before(TEXT_RANKS, item)
    is_of_files = bool(item.import_sources)
    rules = rules_of(better, DATE_RANKS[file] > run.rank_before(DATE_RANKS, item))
    shared, times = merged_sharings(item, draft, rules.user(draft.author), file, run)
    annotations = merged_annotations(item.annotations, draft.annotations, rules)
    (author, added), *others = shared
    after = replace(
        with_record_values(
            item,
            {
                "url": draft.url if draft.url and (better or not item.url) else item.url,
                "title": chosen_text(item.title, draft.title, better=better or not is_of_files),
                "description": chosen_text(item.description, draft.description, better=better or not is_of_files),
            },
        ),
        author=author,
        added=added,
        sharers=tuple(Sharing(user, date) for user, date in others if user is not None),
        updated=_latest(item.updated, draft.updated),
        tags=item.tags if draft.tags is None else (*draft.tags, *item.tags) if better else (*item.tags, *draft.tags),
        views=max(item.views, draft.views or 0),
        annotations=annotations,
        import_sources=sources_of(formats_of(item) | {file}, times) if is_of_files else (),
    )
    return _with_language_again(item, _with_source(item, after))


def _with_source(before: Item, after: Item) -> Item:
    """The item with source and date of publication from the first comment that has them, if no user gave others."""
    known = (before.source, before.published)
    if known != (None, None) and known not in _sources_in(before.annotations):
        return after
    source, published = next(iter(_sources_in(after.annotations)), known)
    return replace(after, source=source, published=published)


def _sources_in(annotations: Sequence[Annotation]) -> list[tuple[str | None, str | None]]:
    comments = (part.body for part in annotations if part.kind is AnnotationKind.COMMENT and part.body)
    return [(origin.source, origin.published) for body in comments if (origin := source_and_date(body))]


def _with_language_again(before: Item, after: Item) -> Item:
    """The item without the language that was detected in other texts."""
    if not before.language_decided or _texts(before) == _texts(after):
        return after
    return replace(after, language=None)


def _texts(item: Item) -> tuple[object, ...]:
    return item.title, item.description, [(annotation.quote, annotation.body) for annotation in item.annotations]


def _latest(existing: str | None, new: str | None) -> str | None:
    if not existing or not new:
        return existing or new
    return max(existing, new, key=lambda date: (stored_instant(date) is not None, stored_instant(date), date))
