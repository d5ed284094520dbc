"""The items that Zotero reads from a page or from a file, by the rules of its translators.

Written from a reading of zotero/translators (`Embedded Metadata.js` of 2024-06-13, `RDF.js` of 2019-09-08, `COinS.js`
of 2015-06-04, `RIS.js` of 2023-07-28, `BibTeX.js` of 2019-09-17) and of zotero/utilities (`parseContextObject`,
`cleanAuthor`), limited to what we write. An item is a dict of Zotero's fields; a creator is (last name, first name),
with an empty first name for a name in one field.
"""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import bibtexparser

Item = dict[str, object]


class _Head(HTMLParser):
    """Meta tags, COinS spans and the page's own language and title."""

    def __init__(self) -> None:
        super().__init__()
        self.metas: list[tuple[str, str]] = []
        self.spans: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "meta":
            self.metas.append(
                (attributes.get("name") or attributes.get("property") or "", attributes.get("content") or "")
            )
        if tag == "span" and "Z3988" in (attributes.get("class") or "").split():
            self.spans.append(attributes.get("title") or "")


def clean_author(author: str, *, comma: bool) -> tuple[str, str]:
    """(last name, first name): split at the comma, else before the last word."""
    author = re.sub(r"[\s\xa0.,/\[\]:]+$", "", re.sub(r"^[\s\xa0.,/\[\]:]+", "", author))
    if comma:
        last, *rest = re.split(r", ?", author)
        return last, rest[0] if rest else ""
    first, _, last = author.rpartition(" ")
    return last, first


def embedded(page: str) -> Item:
    """The item of a page, by `Embedded Metadata.js`; {} if it finds none."""
    head = _Head()
    head.feed(page)
    metas = [(name, content) for name, content in head.metas if name and content]
    core = {name[3:].lower(): content for name, content in reversed(metas) if name.startswith("DC.")}
    highwire = {name: content for name, content in reversed(metas) if name.startswith("citation_")}
    if not core and "citation_title" not in highwire:
        return {}
    # A Dublin Core type replaces the type guessed from Highwire tags; a page with Dublin Core tags only is a web page.
    guessed = "journalArticle" if "citation_title" in highwire else "webpage"
    authors = [content for name, content in metas if name == "citation_author"]
    creators = []
    for author in authors:
        pieces = re.split(r"\s*;\s*", author)
        by_comma = re.split(r"\s*,\s*", pieces[0])
        if len(pieces) == len(authors) == 1 and len(by_comma) > 1 and " " in by_comma[0] and " " in by_comma[1]:
            pieces = by_comma
        creators += [clean_author(piece, comma="," in piece) for piece in pieces if re.search(r"[^\s,-.;]", piece)]
    item: Item = {
        "itemType": core.get("type", guessed),
        "title": re.sub(r"\s+", " ", core.get("title", "")),
        "publicationTitle": core.get("source", ""),
        "date": core.get("date", ""),
        "language": core.get("language", ""),
        "abstractNote": core.get("description", ""),
        "url": highwire.get("citation_public_url", ""),
        "creators": creators,
    }
    return {name: value for name, value in item.items() if value}


def listed(page: str, *, lame: bool = False) -> list[Item]:
    """The items of a list, by `COinS.js`. `lame`: use the reader's version that fails on Dublin Core."""
    head = _Head()
    head.feed(page)
    return [item for span in head.spans if (item := _context_object(span, lame=lame))]


_BOOK_GENRES = {"bookitem": "bookSection", "proceeding": "conferencePaper", "conference": "conferencePaper"}
_BOOK_GENRES |= {"report": "report", "document": "document"}


def _item_type(parts: list[str], formats: list[str], *, lame: bool) -> str:
    match formats:
        case ["info:ofi/fmt:kev:mtx:dc"] if not lame:
            return "webpage"
        case ["info:ofi/fmt:kev:mtx:journal"]:
            return "journalArticle"
        case ["info:ofi/fmt:kev:mtx:dissertation"]:
            return "thesis"
        case ["info:ofi/fmt:kev:mtx:book"]:
            genre = next((part[10:] for part in parts if part.startswith("rft.genre=")), "")
            return _BOOK_GENRES.get(genre, "book")
    return ""


def _names_of(item_type: str) -> dict[str, str]:
    """The fields of Zotero by the keys of a context object."""
    names = {"rft.source": "publicationTitle", "rft.date": "date", "rft.language": "language"}
    names |= {"rft.description": "abstractNote", "rft.type": "itemType", "rft.title": "title"}
    names |= {"rft.volume": "volume", "rft.issue": "issue", "rft.pages": "pages", "rft.pub": "publisher"}
    if item_type in {"journalArticle", "bookSection", "conferencePaper"}:
        host = "rft.jtitle" if item_type == "journalArticle" else "rft.btitle"
        names |= {"rft.atitle": "title", "rft.title": "publicationTitle", host: "publicationTitle"}
    return names


def _context_object(text: str, *, lame: bool) -> Item:
    parts = text.split("&")
    formats = [unquote(part[12:]) for part in parts if part.startswith("rft_val_fmt=")]
    item_type = _item_type(parts, formats, lame=lame)
    if not item_type:
        return {}
    item: Item = {"itemType": item_type}
    creators: list[tuple[str, str]] = []
    bodies: list[tuple[str, str]] = []
    names = _names_of(item_type)
    for part in parts:
        key, value = part.split("=")[:2]
        value = unquote(re.sub(r"\+|%2[bB]", " ", value))
        if key == "rft.au" and value:
            creators.append(clean_author(value, comma="," in value))
        elif key == "rft.aucorp" and value:
            bodies.append((value, ""))
        elif key == "rft.identifier" and len(value) > 8 and value.startswith(("http://", "https://")):
            item["url"] = value
        elif key in names and value:
            item[names[key]] = value
    return item | ({"creators": bodies + creators} if bodies or creators else {})


_RIS_FIELDS = {"TI": "title", "T2": "websiteTitle", "AB": "abstractNote", "LA": "language", "UR": "url"}


def ris(text: str) -> list[Item]:
    """The items of a file, by `RIS.js`."""
    items: list[Item] = []
    pairs: list[list[str]] = []
    for line in re.split(r"\r\n|\n|\r", text):
        if match := re.fullmatch(r"([A-Z][A-Z0-9]) {1,2}-(?: (.*))?", re.sub("[\u2028\u2029]", " ", line)):
            pairs.append([match[1], match[2] or ""])
        elif pairs and pairs[-1][0] != "ER":
            pairs[-1][1] += " " + line.strip()
    for tag, value in pairs:
        if tag == "TY":
            items.append({"itemType": {"ELEC": "webpage"}.get(value.strip(), "journalArticle"), "creators": []})
        elif tag in _RIS_FIELDS and value.strip():
            items[-1].setdefault(_RIS_FIELDS[tag], value.strip())
        elif tag == "AU":
            last = re.split(r"\s*,\s*", value.strip())[0]
            first = re.sub(r"^\s*,\s*", "", value.strip()[len(last) :])
            items[-1]["creators"] += [(last, first)]  # type: ignore[operator]
        elif tag == "N1" and value.strip():
            items[-1]["notes"] = [*items[-1].get("notes", []), value.strip()]  # type: ignore[misc]
        elif tag in ("DA", "Y2"):
            match = re.fullmatch(r"(\d+)(?:/(\d{0,2})(?:/(\d{0,2})(?:(?:/|\s)([^/]*))?)?)?", value.strip())
            assert match, value
            items[-1]["date" if tag == "DA" else "accessDate"] = "-".join(part for part in match.groups()[:3] if part)
    return items


_BIBTEX_FIELDS = {"title": "title", "url": "url", "abstract": "abstractNote", "language": "language"}
_BIBTEX_FIELDS |= {"journaltitle": "publicationTitle", "date": "date", "urldate": "accessDate"}


def bibtex(text: str) -> list[Item]:
    """The items of a file, by `BibTeX.js`; the values are still LaTeX, without braces that only group."""
    items: list[Item] = []
    for entry in bibtexparser.parse_string(text).entries:
        types = {"online": "webpage", "misc": "book"}
        item: Item = {"itemType": types.get(entry.entry_type, "?"), "itemID": entry.key, "creators": [], "notes": []}
        for field in entry.fields:
            value = str(field.value)
            if field.key == "author":
                item["creators"] = [_bibtex_name(name) for name in _outside_braces(value, " and ")]
            elif field.key in ("annote", "note"):
                item["notes"] = [*item["notes"], value]  # type: ignore[misc]
            elif field.key in _BIBTEX_FIELDS:
                item[_BIBTEX_FIELDS[field.key]] = value.strip("{}") if field.key == "title" else value
        items.append(item)
    return items


def _bibtex_name(name: str) -> tuple[str, str]:
    pieces = _outside_braces(name, ",")
    if len(pieces) > 1:
        return pieces[0].strip(), pieces[-1].strip()
    if len(_outside_braces(name, " ")) > 1:
        return clean_author(name, comma=False)
    return name.strip("{}"), ""


def _outside_braces(text: str, mark: str) -> list[str]:
    """The text split at a separator outside braces."""
    pieces, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0 and text.startswith(mark, place):
            pieces.append(text[start:place])
            start = place + len(mark)
    return [*pieces, text[start:]]
