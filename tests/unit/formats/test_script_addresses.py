"""All formats skip records whose address leads to no page, such as bookmarklets, in the same way."""

import io
import json

import pytest

from kb.access.actor import OPERATOR
from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft, RecordWarning
from tests.factories.import_export import exported_lines, figures, import_data, lines_of, warning_reasons
from tests.factories.library import an_empty_library
from tests.factories.moderation import a_moderated_library, actor_of

FILES = {
    "netscape": '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p><DT><A HREF="{}">Piège</A>\n</DL>',
    "diigo-csv": "title,url,tags,description,comments,annotations,created_at\nPiège,{},,,,,\n",
    "diigo-json": '[{{"title": "Piège", "url": "{}", "desc": "", "tags": ""}}]',
    "raindrop": "id,title,note,excerpt,url,folder,tags,created\n1,Piège,,,{},,,2014-11-07\n",
    "csv": "titre,adresse\nPiège,{}\n",
    "pinboard": '[{{"href": "{}", "description": "Piège", "time": ""}}]',
    "wallabag": '[{{"is_archived": 0, "title": "Piège", "url": "{}"}}]',
    "csl": '[{{"id": "a", "type": "webpage", "title": "Piège", "URL": "{}"}}]',
}


def entries(form: str, url: str) -> list[ItemDraft | RecordWarning]:
    written = json.dumps(url)[1:-1] if FILES[form].startswith("[") else url
    return list(read_drafts(io.BytesIO(FILES[form].format(written).encode()), form))


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " JavaScript:void(0)", "java\tscript:x", "data:text/html;x", "vbscript:x", "about:home"],
)
@pytest.mark.parametrize("form", FILES)
def test_a_record_whose_address_leads_to_no_page_is_skipped_and_named(form: str, url: str) -> None:
    outcomes = [entry for entry in entries(form, url) if isinstance(entry, ItemDraft) or entry.skipped]
    assert [outcome.why for outcome in outcomes if isinstance(outcome, RecordWarning)] == [
        "This bookmark does not lead to a page."
    ]
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    "url", ["https://exemple.fr/", "ftp://exemple.fr/a", "urn:isbn:9782070360024", "mailto:a@b.fr"]
)
@pytest.mark.parametrize("form", FILES)
def test_other_addresses_are_kept(form: str, url: str) -> None:
    assert [entry.url for entry in entries(form, url) if isinstance(entry, ItemDraft)] == [url]


def test_json_lines_of_the_operator_restore_every_address() -> None:
    line = lines_of({"id": "i1", "title": "Piège", "url": "javascript:alert(1)", "group": "quais"})
    library = an_empty_library()
    assert figures(import_data(library, line, OPERATOR)) == (1, 1, 0, 0, 0)
    assert json.loads(exported_lines(library))["url"] == "javascript:alert(1)"
    with a_moderated_library() as other:
        report = import_data(other, line, actor_of(other, "claire"), group_slug="quais")
        assert (report.added, report.skipped) == (0, 1)
        assert warning_reasons(report) == ["“javascript:alert(1)” is no address: https://… was expected."]
