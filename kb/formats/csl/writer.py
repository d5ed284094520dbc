"""Items in CSL-JSON, for Zotero, Pandoc and programs that format bibliographies with CSL styles.

Source: the schema of the Citation Style Language for its input data (`csl-data.json`, version 1.0.2): `webpage` is the
type of a page of a site, `container-title` the title of the site, a name has `family` and `given`, or `literal` for a
body; a date has `date-parts` of one to three numbers; `keyword` and `note` are single texts.
"""

import json
from collections.abc import Iterator

from kb.citations.citation import Citation
from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.translation import Translator


def write_csl_file(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """A JSON list with one item on each line."""
    before = "[\n"
    for item, _ in rows:
        reference = _csl_item(details.citation(item), details.translator)
        yield (before + json.dumps(reference, ensure_ascii=False)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def _csl_item(citation: Citation, translator: Translator) -> dict[str, object]:
    """An item, without the variables of which nothing is known."""
    variables: dict[str, object] = {
        "id": citation.key,
        "type": citation.type_names.csl[0],
        "title": citation.named(translator),
        "author": [
            {"family": name.family, "given": name.given} if name.given else {"literal": name.family}
            for name in citation.authors
        ],
        "container-title": citation.source,
        "issued": _csl_date(citation.published),
        "accessed": _csl_date(citation.accessed),
        "language": citation.language,
        **{names.csl: text for names, text in citation.texts},
        "URL": citation.address,
        "keyword": ", ".join(citation.keywords),
        "note": "\n".join(citation.notes),
        "archive_location": citation.permalink if citation.url else None,
    }
    return {name: value for name, value in variables.items() if value}


def _csl_date(partial: str | None) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in partial.split("-")]]} if partial else None


CSL_EXPORT = ExportFormat(
    "csl",
    "CSL-JSON",
    translatable("For Zotero, Pandoc and programs that format bibliographies: references, tags, passages as notes."),
    ".json",
    "application/vnd.citationstyles.csl+json",
    write_csl_file,
)
