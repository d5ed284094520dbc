"""What people of `site.py` have kept, sent and put in order."""

from dataclasses import replace

from kb.model.items.import_draft import remark
from kb.model.items.import_job import Counted, Intake, IntakeState
from kb.model.items.item import Sharing
from kb.model.items.item_list import Entry, EntryKind, Outline
from kb.model.items.reading_list import ToRead
from kb.model.people.user import User
from kb.services.core.library import Library
from tests.browser.page_judges import MEMBER, OWNER

_AT = "2015-02-03T09:00:00.000000Z"


def contribute(library: Library, group_id: str) -> None:
    """Have people do what the pages show."""
    with library.store.write() as writing:
        owner = writing.accounts.by_login(OWNER)
        assert owner is not None
        sent = Intake(
            "lu", owner.user.id, group_id, "export-<b>2014</b>.jsonl", "auto", IntakeState.SENT, _AT, _AT, total=171
        )
        counted = Counted(
            171, 120, 40, 9, 2, ("Les agents racontent", "La participation"),
            (remark("This record has neither a title nor an address.", 12, skipped=True),), 3,
        )  # fmt: skip
        failure = remark(
            "The format of this file was not recognised: we read %(formats)s.", formats="jsonl, saved-page"
        )
        for id_, state, report in (
            ("lu", IntakeState.SENT, Counted()),
            ("montre", IntakeState.SHOWN, counted),
            ("voulu", IntakeState.WANTED, counted),
            ("fini", IntakeState.DONE, counted),
            ("rate", IntakeState.FAILED, Counted(failure=failure)),
        ):
            writing.intakes.put(replace(sent, id=id_, state=state, report=report, done=60))
        member = writing.accounts.by_login(MEMBER)
        assert member is not None
        for place, item_id in enumerate(("item-13", "trap", "item-20")):
            writing.reading_lists.put(member.user.id, ToRead(item_id, _AT, _AT if place else None))
        one, other, shared = writing.items.any_of(["item-13", "item-16", "item-17"]).values()
        writing.items.update(
            [
                replace(other, url=f"{one.url}?utm_source=lettre#haut"),
                replace(shared, sharers=(Sharing(owner.user, _AT), Sharing(member.user))),
            ]
        )
        for outline in _lists(owner.user, group_id):
            writing.outlines.add(outline)


def _lists(owner: User, group_id: str) -> tuple[Outline, ...]:
    plan = Outline(
        "plan", group_id, owner, "Plan de la note <b>", "Pour le comité.\n\nÀ relire.", False, _AT, _AT,
        entries=(
            Entry("e1", EntryKind.HEADING, words="Ce que disent les agents"),
            Entry("e2", EntryKind.TEXT, words="Trois enquêtes se rejoignent."),
            Entry("e3", EntryKind.ITEM, "item-13", words="À citer en premier."),
            Entry("e4", EntryKind.PASSAGE, "item-13", "h-13-0"),
            Entry("e5", EntryKind.ITEM, "rien"),
            Entry("e6", EntryKind.ITEM, "trap"),
        ),
    )  # fmt: skip
    return plan, replace(plan, id="vide", name="Plus tard", entries=(), private=True)
