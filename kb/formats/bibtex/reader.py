"""References in BibTeX and biblatex, as Zotero, JabRef, HAL, Mendeley and our own export write them.

Sources: Oren Patashnik, *BibTeXing* (1988); *The biblatex Package*, §2. The file is cut before each line that begins
with `@`, so that one entry is in memory and a missing brace spoils one entry only; bibtexparser reads each entry.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.model import Entry, Field, String

from kb.citations.metadata_crosswalk import REFERENCE_NAMES, type_of_name
from kb.errors import translatable
from kb.formats.bibtex.latex_text import address_of_latex, line_of_latex, text_of_latex
from kb.formats.shared.decoded_text import decode_head, numbered_text_lines
from kb.formats.shared.field_values import day_value, instant_value, published_value, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.record_warnings import draft_with_warnings, left_out_warning
from kb.formats.shared.references import address_of_doi, language_of, natural_name, reference_draft, url_of_reference
from kb.model.document_type import DocumentType
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.written_dates import MONTHS, lower_without_accents

_LONGEST_ENTRY = 1 << 20
_MOST_STRINGS = 10_000
_MOST_NAMES = 1_000
_ENTRY_HEAD = re.compile(r"\s*+(?:%[^\n]*+\n\s*+)*+@[A-Za-z]{1,20}\s?[{(]")
_ENTRY_START = re.compile(r"\s*+@[A-Za-z]{1,20}\s{0,5}[{(]")
_PIECE = re.compile(r'[{}"#]|[^{}"#\s]++')
_AND = re.compile(r"[{}]|\sand\s", re.IGNORECASE)
_COMMA = re.compile("[{},;]")
_MONTH = re.compile(r"[^\W\d_]{3,}")
_TITLES = ("title", "booktitle", "subtitle")
_SOURCES = (
    "journaltitle",
    "journal",
    "booktitle",
    "organization",
    "howpublished",
    "institution",
    "school",
)
_NOTES = ("note", "annote", "annotation", "comment", "review")
_ADDED = ("creationdate", "timestamp", "date-added")
_OTHER = ("author", "editor", "keywords", "keyword", "groups", "url", "doi", "date", "year", "month", "day")
_READ = frozenset({*_TITLES, *_SOURCES, *_NOTES, *_ADDED, *_OTHER, "langid", "language", "eprint", "eprinttype"})
_READ |= {"issue", "entrysubtype", "archiveprefix", "modificationdate", "date-modified", "urldate"}
_READ |= {names.bibtex for names in REFERENCE_NAMES.values()}
_EPRINTS = {"arxiv": "https://arxiv.org/abs/", "hal": "https://hal.science/"}

_Fields = Mapping[str, str]


def read_bibtex(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The references in order; one is in memory at a time. A warning names the fields that are left out."""
    left_out, strings = set[str](), dict[str, str]()
    for entry in _blocks(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        line, text = entry
        try:
            library = parse_string(text, parse_stack=[])
        except Exception:  # noqa: BLE001 - the library raises whatever it meets in a hostile entry
            library = Library()
        blocks = [block for block in library.blocks if isinstance(block, Entry | String)]
        if not blocks and not text.lstrip()[:9].casefold().startswith(("@comment", "@preamble")):
            yield warning_of("This entry cannot be read: is a brace missing?", line, skipped=True)
        for block in blocks:
            if isinstance(block, String):
                if len(strings) < _MOST_STRINGS:
                    strings[block.key.casefold()] = _value(block.value, strings)
                continue
            fields = _fields(block.fields, strings)
            left_out |= fields.keys() - _READ
            draft = _draft(block, fields, line)
            published = line_of_latex(fields.get("date", "") or fields.get("year", ""))
            added = next(filter(None, map(fields.get, (*_ADDED, "urldate"))), "")
            yield from draft_with_warnings(draft, (published, draft.published), (added, draft.added))
    yield from left_out_warning(left_out)


def _blocks(chunks: Iterable[bytes]) -> Iterator[tuple[int, str] | RecordWarning]:
    """The text of each entry, with the number of its first line."""
    lines, start, size = list[str](), 0, 0
    for entry in numbered_text_lines(chunks, _LONGEST_ENTRY):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, line = entry
        if _ENTRY_START.match(line):
            if lines:
                yield _block(lines, start, size)
            lines, start, size = [], number, 0
        elif not lines:
            continue
        size += len(line)
        if size <= _LONGEST_ENTRY:
            lines.append(line)
    if lines:
        yield _block(lines, start, size)


def _block(lines: list[str], start: int, size: int) -> tuple[int, str] | RecordWarning:
    if size > _LONGEST_ENTRY:
        return warning_of("This entry is too long.", start, skipped=True)
    return start, "".join(lines)


def _fields(fields: Iterable[Field], strings: Mapping[str, str]) -> _Fields:
    """The values by names in small letters; the first value of a name that occurs twice."""
    values: dict[str, str] = {}
    for field in fields:
        values.setdefault(field.key.casefold(), _value(str(field.value), strings))
    return values


def _value(text: str, strings: Mapping[str, str]) -> str:
    """A value without its delimiters: braces or quotation marks, names of strings, `#` between parts."""
    parts, depth, quoted, start = list[str](), 0, False, 0
    for match in _PIECE.finditer(text):
        match match[0]:
            case "{":
                if not depth and not quoted:
                    start = match.end()
                depth += 1
            case "}":
                depth -= 1
                if not depth and not quoted:
                    parts.append(text[start : match.start()])
            case '"' if not depth:
                if quoted:
                    parts.append(text[start : match.start()])
                quoted, start = not quoted, match.end()
            case bare if not depth and not quoted and bare != "#":
                parts.append(strings.get(bare.casefold(), bare))
            case _:
                pass
    return "".join(parts)


def _draft(entry: Entry, fields: _Fields, line: int) -> ItemDraft:
    addresses = [address_of_latex(fields.get("url", "")), address_of_doi(address_of_latex(fields.get("doi", "")))]
    notes = [note for name in _NOTES for note in _notes(fields.get(name, ""))]
    url, is_own = url_of_reference((*addresses, _eprint(fields), _published_at(fields)), entry.key, notes)
    title = ". ".join(filter(None, (line_of_latex(fields.get(name, "")) for name in ("title", "subtitle"))))
    made = (instant_value(fields.get(name)) for name in _ADDED)
    return reference_draft(
        # biblatex calls the number of a journal `number`, others `issue`.
        lambda names: text_of_latex(fields.get(names.bibtex, "") or fields.get(names.csl, "")),
        title or line_of_latex(fields.get("booktitle", "")),
        _names(fields.get("author", "") or fields.get("editor", "")),
        notes,
        is_own=is_own,
        url=url,
        published=_published(fields),
        source=next(filter(None, (_source(fields.get(name, "")) for name in _SOURCES)), None),
        document_type=_document_type(entry.entry_type, fields),
        language=language_of(line_of_latex(fields.get("language", "") or fields.get("langid", ""))),
        tags=tag_values(
            *(tag for name in ("keywords", "keyword", "groups") for tag in _tags(fields.get(name, ""), is_own=is_own))
        ),
        # The time at which the reference was made, else the day on which its page was read.
        added=next(filter(None, made), None) or day_value(fields.get("urldate")),
        line=line,
    )


def _document_type(name: str, fields: _Fields) -> str | None:
    known = type_of_name(name, lambda names: names.bibtex)
    is_news = known == DocumentType.ARTICLE and fields.get("entrysubtype", "").casefold() in {"newspaper", "magazine"}
    return DocumentType.NEWS.value if is_news else known


def _notes(text: str) -> Iterator[str]:
    """The notes of a field; a blank line separates them in our own export."""
    return (read for part in text.split("\n\n") if (read := text_of_latex(part).strip()))


def _source(text: str) -> str:
    source = line_of_latex(text)
    return "" if source.startswith(("http://", "https://", "<http")) else source


def _published_at(fields: _Fields) -> str:
    r"""The address that old files have in `howpublished = {\url{…}}`."""
    address = address_of_latex(fields.get("howpublished", ""))
    return address if address.startswith(("http://", "https://")) else ""


def _eprint(fields: _Fields) -> str:
    kind = (fields.get("eprinttype", "") or fields.get("archiveprefix", "")).strip().casefold()
    eprint = fields.get("eprint", "").strip()
    return f"{_EPRINTS[kind]}{eprint}" if eprint and kind in _EPRINTS else ""


def _names(text: str) -> Iterator[str]:
    """The names, each in natural order; one in braces is whole."""
    for name in islice(_split(text, _AND), _MOST_NAMES):
        bare = name.strip()
        if bare.startswith("{") and bare.endswith("}") and bare.find("}") == len(bare) - 1:
            yield line_of_latex(bare)
        elif bare and bare.casefold() != "others":
            # A comma in braces does not separate the parts of a name.
            parts = [line_of_latex(part) for part in _split(bare, _COMMA)]
            yield natural_name(",".join(parts))


def _tags(text: str, *, is_own: bool) -> Iterator[str]:
    """The keywords, separated by commas, or by semicolons in files of others that have no comma."""
    return map(line_of_latex, _split(text, _COMMA, "," if is_own else ""))


def _split(text: str, separator: re.Pattern[str], only: str = "") -> Iterator[str]:
    """The parts between the separators outside braces."""
    depth, start = 0, 0
    for match in separator.finditer(text):
        match match[0]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
            case mark if depth <= 0 and (not only or mark == only):
                yield text[start : match.start()]
                start = match.end()
            case _:
                pass
    yield text[start:]


def _published(fields: _Fields) -> str | None:
    """The date of biblatex, else the year, the month and the day of BibTeX."""
    if date := published_value(fields.get("date")):
        return date
    year = published_value(line_of_latex(fields.get("year", "")))
    if year is None or len(year) > 4:
        return year
    written = lower_without_accents(line_of_latex(fields.get("month", ""))[:40])
    named = _MONTH.search(written)
    month = MONTHS.get(named[0]) if named else int(written) if written.isascii() and written.isdigit() else None
    day = ("".join(filter(str.isdigit, written)) if named else "") or line_of_latex(fields.get("day", ""))
    exact = published_value(f"{year}-{month:02d}-{day[:2].zfill(2)}") if month and day[:2].isdigit() else None
    return exact or (published_value(f"{year}-{month:02d}") if month else None) or year


BIBTEX_IMPORT = ImportFormat(
    "bibtex",
    translatable("References in BibTeX"),
    (".bib", ".bibtex", "application/x-bibtex"),
    lambda head: _ENTRY_HEAD.match(decode_head(head)) is not None,
    read_bibtex,
)
