"""The options of an import, and the making of its report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from kb.errors import counted
from kb.model.items.import_draft import PrivateRecords, RecordWarning, warning_of
from kb.model.items.import_job import ImportReport
from kb.model.people.group import Visibility

ADDED, UPDATED, UNCHANGED, SKIPPED = "added", "updated", "unchanged", "skipped"
_MOST_WARNINGS = 10_000


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of an import. `group_slug` is the group of all records, whatever the file says; `visible` applies to
    created groups.

    `author_map` maps names as written in the file to logins. `part_of` is the undo id of the interrupted import that
    this one continues. `private` is for records that are private in their file: for PrivateRecords.OWN, `own_library`
    is the slug of the group that gets them.
    """

    group_slug: str | None = None
    visible: Visibility | None = None
    author_map: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    batch_size: int = 500
    part_of: str | None = None
    private: PrivateRecords = PrivateRecords.SKIP
    own_library: str | None = None


class ReportBuilder:
    """Counts the records of one import by outcome, and collects its warnings."""

    def __init__(self, own_library: str | None) -> None:
        self._own_library = own_library
        self._counts = Counter[str]()
        self._private = Counter[PrivateRecords]()
        self._warnings: list[RecordWarning] = []
        self._not_carried: dict[str, RecordWarning] = {}
        self._unlisted = 0
        self.undated = 0

    def warn(self, warning: RecordWarning) -> None:
        """Report a warning; beyond a large number of them, only count them."""
        if warning.of_format:
            self._not_carried[warning.message] = warning
        elif len(self._warnings) < _MOST_WARNINGS:
            self._warnings.append(warning)
        else:
            self._unlisted += 1

    def count(self, outcome: str) -> None:
        """Count a record: ADDED, UPDATED, UNCHANGED or SKIPPED."""
        self._counts[outcome] += 1

    def count_private(self, treatment: PrivateRecords) -> None:
        """Count a record that is private in its file."""
        self._private[treatment] += 1

    def report(self, undo: str | None, *, has_erased_people: bool) -> ImportReport:
        """The counts so far. `has_erased_people`: a record names a person who was erased."""
        message = counted(
            "%(count)s more warning is not shown.", "%(count)s more warnings are not shown.", self._unlisted
        )
        unlisted = [warning_of(message, count=self._unlisted)] if self._unlisted else []
        erased = [warning_of("This file names a person who asked to be erased: the person stays without name.")]
        private = [self._private_warning(treatment, number) for treatment, number in self._private.items()]
        warnings = (*self._warnings, *private, *unlisted, *(erased if has_erased_people else []))
        counts: dict[str, Any] = dict(self._counts)
        return ImportReport(
            self._counts.total(),
            **counts,
            warnings=warnings,
            not_carried=tuple(self._not_carried.values()),
            undo=undo,
            private=self._private.total(),
            undated=self.undated,
        )

    def _private_warning(self, treatment: PrivateRecords, number: int) -> RecordWarning:
        """What became of the records that are private in their file."""
        match treatment:
            case PrivateRecords.SKIP:
                message = counted(
                    "%(count)s private item was left out: not only the members of this group read it.",
                    "%(count)s private items were left out: not only the members of this group read it.",
                    number,
                )
                return warning_of(message, count=number)
            case PrivateRecords.OWN:
                message = counted(
                    "%(count)s private item goes to the library %(group)s.",
                    "%(count)s private items go to the library %(group)s.",
                    number,
                )
                return warning_of(message, count=number, group=self._own_library)
            case PrivateRecords.SHARE:
                message = counted(
                    "%(count)s private item: here, the readers of the group read it too.",
                    "%(count)s private items: here, the readers of the group read them too.",
                    number,
                )
                return warning_of(message, count=number)
        assert_never(treatment)
