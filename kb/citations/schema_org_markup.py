"""The page of an item as linked data of schema.org, for search engines and portals that read pages.

The page is a `WebPage` of a group's library about a `CreativeWork`, the page or document that the item points to; its
passages are `Quotation`s of that work. Who shared the item and who annotated it are not named.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from kb.citations.citation import Citation
from kb.model.byline_names import BylineName
from kb.translation import Translator

MOST_QUOTATIONS = 20
LONGEST_QUOTATION = 500
MOST_QUOTATION_CHARACTERS = 10_000
"""Characters of all quotations, with the addresses of each: that of the work may have 8,000."""
LONGEST_TEXT = 1_000
"""Characters of any other text: the data stand in every page of an item."""
_MOST_VALUES = 50
LinkedData = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Quotation:
    """A passage and the permanent link to it."""

    text: str
    address: str


def schema_org_page(
    citation: Citation, tags: Iterable[str], quotations: Iterable[Quotation], group: Quotation, translator: Translator
) -> LinkedData:
    """The data of a page about an item; `group` is the name of its group, with its address."""
    keywords = [_truncate(tag) for tag in islice(tags, _MOST_VALUES)]
    about = {"@id": citation.address} if citation.is_on_web else None
    publisher = citation.publisher or citation.source
    return _without_blanks(
        {
            "@context": "https://schema.org",
            "@type": "WebPage",
            "@id": citation.permalink,
            "url": citation.permalink,
            "name": _truncate(citation.named(translator)),
            "isPartOf": {"@type": "Collection", "name": _truncate(group.text), "url": group.address},
            "keywords": keywords,
            "citation": about,
            "isBasedOn": citation.address if citation.is_on_web else None,
            "mainEntity": _without_blanks(
                {
                    "@type": citation.type_names.schema_org,
                    "@id": about and citation.address,
                    "url": about and citation.address,
                    "name": _truncate(citation.named(translator)),
                    "author": [_name(author) for author in citation.authors[:_MOST_VALUES]],
                    "publisher": publisher and {"@type": "Organization", "name": _truncate(publisher)},
                    "isPartOf": _host(citation),
                    "pagination": citation.page_range,
                    "datePublished": citation.published,
                    "inLanguage": citation.language,
                    "abstract": _truncate(citation.abstract or ""),
                    "keywords": keywords,
                }
            ),
            "hasPart": [
                _without_blanks(
                    {
                        "@type": "Quotation",
                        "@id": quotation.address,
                        "text": quotation.text[:LONGEST_QUOTATION],
                        "isBasedOn": about and citation.address,
                    }
                )
                for quotation in _fitting_quotations(quotations, citation.address if citation.is_on_web else "")
            ],
        }
    )


def _host(citation: Citation) -> LinkedData | None:
    """The journal or the book that the work is a part of, with volume and issue; None for a page of a site."""
    if not citation.source or not (citation.volume or citation.issue or citation.publisher):
        return None
    return _without_blanks(
        {
            "@type": "CreativeWork",
            "name": _truncate(citation.source),
            "volumeNumber": citation.volume,
            "issueNumber": citation.issue,
        }
    )


def _fitting_quotations(quotations: Iterable[Quotation], work: str) -> Iterator[Quotation]:
    """The first quotations that have room; `work` is the address that stands in each."""
    remaining = MOST_QUOTATION_CHARACTERS
    for quotation in islice(quotations, MOST_QUOTATIONS):
        remaining -= len(quotation.text[:LONGEST_QUOTATION]) + len(quotation.address) + len(work)
        if remaining < 0:
            return
        yield quotation


def _name(name: BylineName) -> LinkedData:
    """A name without a given name is often that of a body."""
    return {"@type": "Person" if name.given else "Organization", "name": _truncate(name.natural)}


def _truncate(text: str) -> str:
    return text[:LONGEST_TEXT]


def _without_blanks(values: LinkedData) -> LinkedData:
    return {name: value for name, value in values.items() if value}
