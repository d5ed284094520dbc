"""The content of a press review."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from kb.model.storable_text import one_line
from kb.model.truncation import ELLIPSIS
from kb.model.web_pages.canonical_address import canonical_url
from kb.translation import Translator

_ENDS = ".!?…»”"
_LEAST_SHARE = 0.5
"""The share of the limit that a whole sentence must fill to be preferred to a truncated one."""


_LONGEST_PRINTED_ADDRESS = 80
"""Characters, of one line at most on paper."""
LONGEST_REVIEW = 1_000_000
"""Characters of all texts of a review that is written as a file: some 400 pages."""


@dataclass(frozen=True, slots=True)
class ReviewedQuote:
    """A passage, or a comment `by` a user.

    `id` is that of its annotation. `is_selected`: it is in the review, and not only offered on the page that chooses.
    """

    text: str
    by: str = ""
    id: str = ""
    is_selected: bool = True


@dataclass(frozen=True, slots=True)
class ReviewedItem:
    """One item of a review. It has one link at most: `address`, that of its page on the web, or `link`, its permanent
    address on this site. `published` is formatted for readers; `language` is a language tag or empty; `id` names the
    item on this site.
    """

    title: str
    address: str = ""
    source: str = ""
    byline: str = ""
    published: str = ""
    description: str = ""
    quotes: tuple[ReviewedQuote, ...] = ()
    words: str = ""
    language: str = ""
    comments: tuple[ReviewedQuote, ...] = ()
    link: str = ""
    id: str = ""

    @property
    def parts(self) -> tuple[ReviewedQuote, ...]:
        return *self.quotes, *self.comments

    @property
    def texts(self) -> Iterator[str]:
        """All that readers of it see."""
        yield from (self.title, self.address, self.source, self.byline, self.published, self.description)
        yield from (self.words, self.language, self.link)
        yield from (text for part in self.parts for text in (part.text, part.by))


@dataclass(frozen=True, slots=True)
class ReviewSection:
    """Items under a heading, or without one; `text` stands before them."""

    heading: str = ""
    text: str = ""
    entries: tuple[ReviewedItem, ...] = ()


@dataclass(frozen=True, slots=True)
class PressReview:
    """A press review. `dated` is its formatted date, `language` that of its own words, `publisher` the organisation
    that makes it; `logo` is its logo as PNG, or empty.
    """

    title: str
    dated: str
    introduction: str
    language: str
    sections: tuple[ReviewSection, ...] = ()
    publisher: str = ""
    logo: bytes = b""

    @property
    def entries(self) -> Iterator[ReviewedItem]:
        """The items of all sections, in order."""
        return (entry for section in self.sections for entry in section.entries)

    @property
    def count(self) -> int:
        """The number of items."""
        return sum(len(section.entries) for section in self.sections)

    @property
    def introduction_lines(self) -> tuple[str, ...]:
        """Each line break was meant, as after a greeting."""
        return split_lines(self.introduction)

    @property
    def has_content(self) -> bool:
        """Whether it has more than a title."""
        return bool(self.introduction or any(section.entries or section.text for section in self.sections))

    @property
    def length(self) -> int:
        """The characters of all its texts."""
        texts = [self.title, self.introduction, *(text for part in self.sections for text in (part.heading, part.text))]
        return sum(map(len, chain(texts, *(item.texts for item in self.entries))))

    def repeated_ids(self) -> frozenset[str]:
        """The ids of items whose page is that of another item above: two groups saved it."""
        first_ids = dict[str, str]()
        repeated = set[str]()
        for entry in self.entries:
            address = canonical_url(entry.address)
            if address and first_ids.setdefault(address, entry.id) != entry.id:
                repeated.add(entry.id)
        return frozenset(repeated)


def short_quote(text: str, most: int) -> str:
    """At most `most` characters of a passage: whole sentences if they fill half of that, else whole words."""
    quote = one_line(text)
    if len(quote) <= most:
        return quote
    head = quote[:most]
    end = max(
        (position for position in range(1, len(head)) if head[position - 1] in _ENDS and quote[position] == " "),
        default=0,
    )
    if end >= most * _LEAST_SHARE:
        return head[:end] + ELLIPSIS
    words = quote[: most + 1].rpartition(" ")[0].rstrip(" ,;:–—-")
    return (words or head) + ELLIPSIS


def printed_address(address: str) -> str:
    """A web address as a text to read: without what begins most addresses, and with the first 80 characters of others
    than short ones. A link with this text has the whole address.
    """
    bare = address.partition("://")[2].removeprefix("www.").rstrip("/")
    if len(bare) <= _LONGEST_PRINTED_ADDRESS:
        return bare
    path = bare.partition("?")[0].partition("#")[0]
    return path[: _LONGEST_PRINTED_ADDRESS - 1] + "…"


def split_paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, each on one line."""
    parts = (one_line(part) for part in text.replace("\r", "").split("\n\n"))
    return tuple(part for part in parts if part)


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text that was typed for this review: each line break was meant, as after a greeting."""
    return tuple(line for part in text.splitlines() if (line := one_line(part)))


def origin_facts(item: ReviewedItem) -> tuple[str, ...]:
    """The origin of an item, in parts: its author, its source, its date."""
    return tuple(part for part in (item.byline, item.source, item.published) if part)


def attributed_comment(comment: ReviewedQuote, translator: Translator) -> str:
    """A comment on one line, after the name of its author."""
    text = one_line(comment.text)
    return translator.gettext("%(name)s: %(text)s", name=comment.by, text=text) if comment.by else text
