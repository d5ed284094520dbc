"""The items, files and lists that the users of `site.py` have saved."""

from dataclasses import replace

from kb.formats.csv_table.column_mapping import COLUMNS_LEFT_OUT
from kb.model.items.import_draft import warning_of
from kb.model.items.import_job import ImportJob, ImportJobState, ImportReport
from kb.model.items.item import Sharing
from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.model.items.reading_list import ReadingListEntry
from kb.model.people.user import User
from kb.services.core.library import Library
from tests.browser.support.checked_pages import MEMBER, OWNER

_AT = "2015-02-03T09:00:00.000000Z"


def contribute(library: Library, group_id: str) -> None:
    """Add the contributions of users that the pages show."""
    with library.store.write() as writing:
        owner = writing.accounts.by_login(OWNER)
        assert owner is not None
        sent = ImportJob(
            "lu", owner.user.id, group_id, "export-<b>2014</b>.jsonl", "auto", ImportJobState.SENT, _AT, _AT, total=171
        )
        counted = ImportReport(
            171, 120, 40, 9, 2, ("Les agents racontent", "La participation"),
            (
                warning_of(COLUMNS_LEFT_OUT, columns="cote, <b>rayon</b>"),
                warning_of("This record has neither a title nor an address.", 12, skipped=True),
            ), 3, formats=("csv",),
        )  # fmt: skip
        failure = warning_of(
            "This looks like a table (CSV), but no column is called “title” or “address”: choose “A table with a header"
            " (CSV)” as the kind of file, and then its columns."
        )
        for id_, state, report in (
            ("lu", ImportJobState.SENT, ImportReport()),
            ("montre", ImportJobState.SHOWN, counted),
            ("voulu", ImportJobState.WANTED, counted),
            ("fini", ImportJobState.DONE, counted),
            ("inconnu", ImportJobState.SHOWN, ImportReport(failure=failure)),
            ("rate", ImportJobState.FAILED, ImportReport(failure=failure)),
        ):
            writing.import_jobs.put(replace(sent, id=id_, state=state, report=report, done=60))
        member = writing.accounts.by_login(MEMBER)
        assert member is not None
        for place, item_id in enumerate(("item-13", "trap", "item-20")):
            writing.reading_lists.put(member.user.id, ReadingListEntry(item_id, _AT, _AT if place else None))
        first, other, shared = writing.items.any_of(["item-13", "item-16", "item-17"]).values()
        writing.items.update(
            [
                replace(other, url=f"{first.url}?utm_source=lettre#haut"),
                replace(shared, sharers=(Sharing(owner.user, _AT), Sharing(member.user))),
            ]
        )
        for outline in _lists(owner.user, group_id):
            writing.lists.add(outline)


def _lists(owner: User, group_id: str) -> tuple[ItemList, ...]:
    plan = ItemList(
        "plan", group_id, owner, "Plan de la note <b>", "Pour le comité.\n\nÀ relire.", False, _AT, _AT,
        entries=(
            ListEntry("e1", ListEntryKind.HEADING, text="Ce que disent les agents"),
            ListEntry("e2", ListEntryKind.TEXT, text="Trois enquêtes se rejoignent."),
            ListEntry("e3", ListEntryKind.ITEM, "item-13", text="À citer en premier."),
            ListEntry("e4", ListEntryKind.PASSAGE, "item-13", "h-13-0"),
            ListEntry("e5", ListEntryKind.ITEM, "rien"),
            ListEntry("e6", ListEntryKind.ITEM, "trap"),
        ),
    )  # fmt: skip
    return plan, replace(plan, id="vide", name="Plus tard", entries=(), private=True)
