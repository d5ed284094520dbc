"""The registry of export formats of items."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from kb.formats.json_lines import JSON_LINES, write_json_lines
from kb.model.items.item import Item
from kb.model.people.group import Group


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format of exported files. `label` names it in the help of the command; `write` holds one item in memory at a
    time.
    """

    label: str
    write: Callable[[Iterable[tuple[Item, Group]], BinaryIO], None]


EXPORT_FORMATS: Mapping[str, ExportFormat] = {
    JSON_LINES: ExportFormat("JSON Lines, which “kb import” reads", write_json_lines),
}
"""By the name that commands use."""
