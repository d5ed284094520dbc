"""A reference after ISO 690, as libraries of French-speaking countries write it.

ISO 690:2021, *Guidelines for bibliographic references and citations to information resources* (NF ISO 690 in France),
has a clause on the order of the elements (7.1.1.2) and leaves punctuation and type to each publisher, who must be
consistent. The standard is not public. The order here (creator, title, form, publisher and date, location, day of
consultation) is that of a library's public guide to the edition of 2021 (University of West Bohemia, iso690.zcu.cz).
The words and the punctuation are those of the French style sheets of the Citation Style Language project
(`iso690-numeric-fr`, `iso690-note-fr`, for ISO 690:2010). Semicolons separate creators, because each may hold a comma.

    ROUX, Jeanne. L’archive et le réseau. La Gazette [en ligne]. 7 novembre 2014. Disponible à l’adresse :
    https://exemple.fr/archive [consulté le 8 novembre 2014]. Lien permanent : https://…

An article has its place in its journal, and no form: ROUX, Jeanne. L’archive et le réseau. Revue des archives. 2014,
vol. 3, n° 2, p. 12-34.
"""

from kb.citations.citation import Citation, nonblank_lines, with_full_stop
from kb.model.byline_names import BylineName
from kb.model.document_type import DocumentType
from kb.translation import Translator


def write_iso690(citation: Citation, translator: Translator) -> str:
    """The quotation and the remark, each on lines of its own, then the reference on one line."""
    lines = (
        *((translator.quoted("\n".join(nonblank_lines(citation.quote))),) if citation.quote else ()),
        *((citation.remark.line(translator),) if citation.remark else ()),
    )
    title = citation.named(translator)
    # What has another type was published, whether it is also on the web or not.
    online = translator.gettext("[online]") if citation.is_on_web and citation.document_type is None else ""
    host = (with_full_stop(title), _host(citation, translator)) if citation.source else (title,)
    date = citation.dated(translator) if citation.published else f"[{citation.dated(translator)}]"
    issued = ", ".join(filter(None, (citation.publisher, date, citation.numbering(translator))))
    parts = (
        with_full_stop(_creators(citation.authors, translator)) if citation.authors else "",
        with_full_stop(" ".join(filter(None, (*host, online)))),
        with_full_stop(issued),
        _location(citation, translator),
    )
    return "\n".join((*lines, " ".join(filter(None, parts))))


def _host(citation: Citation, translator: Translator) -> str:
    """The source; of a part of a book with the word that says so."""
    source = citation.source or ""
    is_part = citation.document_type in {DocumentType.CHAPTER, DocumentType.CONFERENCE_PAPER}
    return translator.gettext("In: %(title)s", title=source) if is_part else source


def _creators(names: tuple[BylineName, ...], translator: Translator) -> str:
    *first, last = (f"{name.family.upper()}, {name.given}" if name.given else name.family for name in names)
    if not first:
        return last
    return translator.gettext("%(first)s and %(last)s", first=translator.gettext("; ").join(first), last=last)


def _location(citation: Citation, translator: Translator) -> str:
    _ = translator.gettext
    link = _("Permanent link: %(address)s", address=citation.permalink)
    if not citation.url:
        return link
    location = _("Available from: %(address)s", address=citation.url)
    if citation.accessed:
        location += " " + _("[viewed %(day)s]", day=translator.period(citation.accessed))
    return f"{location}. {link}"
