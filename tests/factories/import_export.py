"""Files for tests of import and export, and the report's figures."""

import io
import json
from collections.abc import Iterable
from typing import Any

from kb.access.actor import OPERATOR, Actor
from kb.formats.import_formats import read_drafts
from kb.formats.json_lines.writer import json_line_of
from kb.model.items.import_job import ImportReport
from kb.model.items.item import Item
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items, import_items
from kb.services.imports.import_report import ImportOptions


def lines_of(*records: dict[str, Any] | bytes) -> bytes:
    lines = [
        record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode() for record in records
    ]
    return b"".join(line + b"\n" for line in lines)


def import_data(library: Library, data: bytes, actor: Actor = OPERATOR, **options: Any) -> ImportReport:
    return import_items(library, actor, read_drafts(io.BytesIO(data)), ImportOptions(**options))


def bring_records(library: Library, *records: dict[str, Any] | bytes, **options: Any) -> ImportReport:
    """Import records; those without a group go to "quais"."""
    grouped = [{"group": "quais"} | record if isinstance(record, dict) else record for record in records]
    return import_data(library, lines_of(*grouped), **options)


def exported_lines(library: Library, actor: Actor = OPERATOR, group_slug: str | None = None) -> bytes:
    return "".join(json_line_of(item, group) for item, group in export_items(library, actor, group_slug)).encode()


def items_in(library: Library) -> list[Item]:
    return [item for item, _ in export_items(library, OPERATOR)]


def figures(report: ImportReport) -> tuple[int, int, int, int, int]:
    """The figures of a report: read, added, updated, unchanged, skipped."""
    return report.read, report.added, report.updated, report.unchanged, report.skipped


def warning_reasons(report: ImportReport) -> list[str]:
    return [warning.why for warning in report.warnings]


def bodies_of(item: Item) -> Iterable[str | None]:
    return [annotation.body for annotation in item.annotations]
