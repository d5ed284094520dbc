"""A citation as an item of CSL-JSON, for Zotero, Pandoc and programs that format bibliographies with CSL styles.

Source: the schema of the Citation Style Language for its input data (`csl-data.json`, version 1.0.2): `webpage` is the
type of a page of a site, `container-title` the title of the site, a name has `family` and `given`, or `literal` for a
body; a date has `date-parts` of one to three numbers; `keyword` and `note` are single texts.
"""

from kb.citations.byline_names import BylineName
from kb.citations.citation import Citation
from kb.translation import Translator


def csl_item(citation: Citation, words: Translator) -> dict[str, object]:
    """The item, without the variables of which nothing is known."""
    variables: dict[str, object] = {
        "id": citation.key,
        "type": "webpage",
        "title": citation.named(words),
        "author": [_csl_name(name) for name in citation.authors],
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


def _csl_name(name: BylineName) -> dict[str, str]:
    return {"family": name.family, "given": name.given} if name.given else {"literal": name.family}


def _csl_date(partial: str | None) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in partial.split("-")]]} if partial else None
