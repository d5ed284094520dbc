"""A citation as a BibTeX entry, in UTF-8, for BibTeX, biber and programs that read their files.

Sources: Oren Patashnik, *BibTeXing* (1988): braces must balance in every field, even behind a backslash, and names are
separated by "and"; *The biblatex Package* (Lehman, Kime, Wemheuer, Kastenholz), §2.1.1 `@online` and §2.2.2 its fields;
*The LaTeX Companion* for the names of characters. Zotero's translator `BibTeX.js` (2019-09-17) takes `@online` for a
web page (and `@misc` for a book), `journaltitle` for the title of its site, and `annote` and `note` for notes.

Old style files treat an unknown type as `@misc` and read `year`; biblatex prints the site from `organization`. The key
is the identifier in the library: it does not change when a title is corrected.
"""

import re
from collections.abc import Iterator

from kb.citations.citation import Citation
from kb.model.byline_names import BylineName
from kb.model.document_type import DocumentType
from kb.model.storable_text import one_line
from kb.translation import Translator

_SPECIAL = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
    **{character: f"\\{character}" for character in "#$%&_"},
    # TeX reads two of these together as one sign: an empty group separates them.
    **{character: f"{character}{{}}" for character in "-'`,?!"},
}
_SPECIALS = re.compile(r"[\\{}~^<>|#$%&_]|-(?=-)|'(?=')|`(?=`)|,(?=,)|[?!](?=`)")
_NOT_IN_ADDRESSES = re.compile(r"[\\{}<>^`|\"\s]")
_BIBTEX_LANGUAGES = {"fr": "french", "en": "english", "de": "german", "es": "spanish", "it": "italian", "nl": "dutch"}


def write_bibtex(citation: Citation, translator: Translator) -> str:
    """One entry, one field a line."""
    language = _BIBTEX_LANGUAGES.get((citation.language or "").split("-")[0].casefold())
    quote = translator.quoted(one_line(citation.quote)) if citation.quote else ""
    remark = citation.remark.line(translator) if citation.remark else ""
    fields = (
        ("author", " and ".join(map(_bibtex_name, citation.authors))),
        # In braces of its own, so that no style changes its capitals.
        ("title", f"{{{escape_latex(citation.named(translator))}}}"),
        ("entrysubtype", "newspaper" if citation.document_type is DocumentType.NEWS else ""),
        ("organization", escape_latex(citation.source or "")),
        ("journaltitle", escape_latex(citation.source or "")),
        ("date", citation.published or ""),
        ("year", (citation.published or "")[:4]),
        ("url", _bibtex_address(citation.address)),
        ("urldate", citation.accessed or ""),
        ("langid", language or ""),
        ("language", language or escape_latex(citation.language or "")),
        *((names.bibtex, escape_latex(text)) for names, text in citation.texts),
        ("keywords", ", ".join(map(_bibtex_keyword, citation.keywords))),
        # A blank line is a space for BibTeX; readers find the notes again by it.
        ("annote", "\n\n".join(map(escape_latex, _notes(citation, quote, remark)))),
        (
            "note",
            escape_latex(translator.gettext("Permanent link: %(address)s", address=citation.permalink))
            if citation.url
            else "",
        ),
    )
    written = "".join(f"  {name} = {{{value}}},\n" for name, value in fields if value)
    return f"@{citation.type_names.bibtex[0]}{{{citation.key},\n{written}}}\n"


def _notes(citation: Citation, quote: str, remark: str) -> Iterator[str]:
    """The passage with its remark, then each note of an item."""
    return filter(None, (" ".join(filter(None, (quote, remark))), *citation.notes))


def escape_latex(text: str) -> str:
    """A text on one line, in which LaTeX reads each character as itself."""
    return _SPECIALS.sub(lambda match: _SPECIAL[match[0]], one_line(text))


def _bibtex_name(name: BylineName) -> str:
    """A person in two parts; a body in braces, which BibTeX reads as one word."""
    if not name.given:
        return f"{{{escape_latex(name.family)}}}"
    return f"{escape_latex(name.family)}, {escape_latex(name.given)}"


def _bibtex_keyword(keyword: str) -> str:
    """A keyword; one with a comma in braces, which biblatex does not split."""
    return f"{{{escape_latex(keyword)}}}" if "," in keyword else escape_latex(keyword)


def _bibtex_address(address: str) -> str:
    """An address unchanged, because biblatex reads it verbatim; only characters that no address holds are escaped."""
    return _NOT_IN_ADDRESSES.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), address)
