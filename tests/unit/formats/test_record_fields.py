"""Every bibliographic field of an item survives the formats that represent whole references."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.bibliographic_record import RECORD_FIELDS, RecordField, RecordFieldKind, record_values
from kb.model.items.import_draft import ItemDraft
from tests.factories.exports import QUAIS, export_details, exported
from tests.factories.items import an_item


def a_value(record: RecordField) -> str:
    match record.kind:
        case RecordFieldKind.ADDRESS:
            return "https://exemple.fr/quais"
        case RecordFieldKind.DATE:
            return "2014-11-07"
        case RecordFieldKind.LANGUAGE:
            return "fr"
        case RecordFieldKind.TYPE:
            return "article"
        case _:
            return f"Jeanne {record.name.title()}"[: record.longest]


VALUES = {record.name: a_value(record) for record in RECORD_FIELDS}


@pytest.mark.parametrize(
    ("export_format", "import_format"),
    [(name, name) for name in ("jsonl", "csv", "ris", "bibtex", "csl")] + [("csv-semicolon", "csv")],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_field_comes_back(export_format: str, import_format: str, language: str) -> None:
    item = an_item(**VALUES, group=QUAIS)
    data = exported(export_format, item, details=export_details(language))
    (draft,) = (entry for entry in read_drafts(BytesIO(data), import_format) if isinstance(entry, ItemDraft))
    assert record_values(draft) == VALUES


@pytest.mark.parametrize("export_format", ["marcxml", "dc", "markdown-folder"])
def test_every_text_is_written(export_format: str) -> None:
    data = exported(export_format, an_item(**VALUES, group=QUAIS))
    if export_format == "markdown-folder":
        with ZipFile(BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
    kinds = (RecordFieldKind.LINE, RecordFieldKind.TEXT)
    texts = {record.name: VALUES[record.name] for record in RECORD_FIELDS if record.kind in kinds}
    # Library catalogues divide names into parts.
    texts["byline"] = "Byline"
    assert [name for name, text in texts.items() if text not in data.decode()] == []
