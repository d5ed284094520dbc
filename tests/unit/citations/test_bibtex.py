"""BibTeX entries, parsed by a maintained BibTeX parser and decoded by a maintained LaTeX decoder."""

import bibtexparser
import pytest
from hypothesis import given
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from kb.citations.bibtex import escape_latex, write_bibtex
from kb.model.storable_text import one_line
from tests.checkers import zotero_rules
from tests.factories.citation import ENGLISH, FRENCH, HOSTILE, a_citation, citations, texts

CHARACTERS = {"braceleft": "{", "braceright": "}", "bar": "|", "less": "<", "greater": ">", "asciicircum": "^"}


def decoder():
    latex_context = get_default_latex_context_db()
    macros = [MacroTextSpec(f"text{name}", simplify_repl=character) for name, character in CHARACTERS.items()]
    latex_context.add_context_category("characters", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=latex_context, strict_latex_spaces=True)


DECODER = decoder()


def decoded(text):
    return DECODER.latex_to_text(text)


def entry_of(text):
    library = bibtexparser.parse_string(text)
    assert (len(library.entries), library.failed_blocks, library.comments, library.strings) == (1, [], [], [])
    return library.entries[0]


def fields_of(text):
    return {field.key: field.value for field in entry_of(text).fields}


def test_an_entry_has_a_field_for_each_known_fact():
    assert write_bibtex(a_citation("h1"), FRENCH) == (
        "@online{archive:h1,\n"
        "  author = {Roux, Jeanne and Blanc, Paul},\n"
        "  title = {{L’archive et le réseau}},\n"
        "  organization = {La Gazette},\n"
        "  journaltitle = {La Gazette},\n"
        "  date = {2014-11-07},\n"
        "  year = {2014},\n"
        "  url = {https://www.exemple.fr/archive?a=1&b=2},\n"
        "  urldate = {2014-11-08},\n"
        "  langid = {french},\n"
        "  language = {french},\n"
        "  abstract = {Ce que l’on garde, et pourquoi.},\n"
        "  annote = {«\u202fLes archives servent à tous.\u202f»},\n"
        "  note = {Lien permanent\u202f: https://lire.exemple.fr/items/archive\\#a-h1},\n"
        "}\n"
    )


def test_an_entry_leaves_out_what_is_not_known():
    bare = a_citation(byline=None, source=None, url=None, published=None, title=None, language=None, description=None)
    assert fields_of(write_bibtex(bare, ENGLISH)) == {
        "title": "{[Untitled]}",
        "url": "https://lire.exemple.fr/items/archive",
    }


@pytest.mark.parametrize(
    ("published", "date", "year"), [("2014", "2014", "2014"), ("2014-11", "2014-11", "2014"), (None, None, None)]
)
def test_a_date_is_as_precise_as_it_is_known(published, date, year):
    fields = fields_of(write_bibtex(a_citation(published=published), FRENCH))
    assert (fields.get("date"), fields.get("year")) == (date, year)


def test_the_key_of_an_entry_does_not_change_with_what_it_says():
    keys = {entry_of(write_bibtex(a_citation(title=title, byline=title), FRENCH)).key for title in ("A", "B", HOSTILE)}
    assert keys == {"archive"}


def test_a_body_is_one_name_whatever_is_in_it():
    fields = fields_of(write_bibtex(a_citation(byline="Ministère de la Culture and so, on ; Jeanne Roux"), FRENCH))
    assert fields["author"] == "{Ministère de la Culture and so, on} and Roux, Jeanne"


def test_an_address_is_verbatim_and_holds_nothing_that_ends_a_field():
    address = "https://exemple.fr/a_b%20c?x={1}&y=\\#~é"
    fields = fields_of(write_bibtex(a_citation(url=address), FRENCH))
    assert fields["url"] == "https://exemple.fr/a_b%20c?x=%7B1%7D&y=%5C#~é"


@pytest.mark.parametrize(
    ("language", "tongue", "code"),
    [("en-GB", "english", "english"), ("FR", "french", "french"), ("br", None, "br"), (None, None, None)],
)
def test_a_language_has_the_name_that_latex_knows(language, tongue, code):
    fields = fields_of(write_bibtex(a_citation(language=language), FRENCH))
    assert (fields.get("langid"), fields.get("language")) == (tongue, code)


@given(texts)
def test_any_text_stands_for_itself_in_latex(text):
    assert escape_latex(text).count("{") == escape_latex(text).count("}")
    assert decoded(escape_latex(text)) == one_line(text)


@given(citations)
def test_any_text_comes_back_from_an_entry(citation):
    written = write_bibtex(citation, FRENCH)
    fields = fields_of(written)
    assert entry_of(written).key == citation.key
    assert decoded(fields["title"]) == citation.named(FRENCH)
    assert decoded(fields.get("organization", "")) == (citation.source or "")
    assert decoded(fields.get("abstract", "")) == (citation.abstract or "")
    assert one_line(citation.quote or "") in decoded(fields.get("annote", ""))
    assert one_line(citation.remark.text if citation.remark else "") in decoded(fields.get("annote", ""))


def test_zotero_reads_a_web_page_in_an_entry():
    (item,) = zotero_rules.bibtex(write_bibtex(a_citation("h1", byline="La rédaction ; Jeanne Roux"), FRENCH))
    assert item["itemType"] == "webpage"
    assert item["itemID"] == "archive:h1"
    assert item["creators"] == [("La rédaction", ""), ("Roux", "Jeanne")]
    assert (item["title"], item["publicationTitle"]) == ("L’archive et le réseau", "La Gazette")
    assert (item["date"], item["accessDate"]) == ("2014-11-07", "2014-11-08")
    assert item["url"] == "https://www.exemple.fr/archive?a=1&b=2"
    assert item["abstractNote"] == "Ce que l’on garde, et pourquoi."
    assert len(item["notes"]) == 2
