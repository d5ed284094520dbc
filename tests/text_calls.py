"""How each function of `text_readers.functions` is called with a hostile text, or why it is not.

A function whose parameters are texts, or stand in SAMPLES, needs no line here. A function that takes one of STEPS is a
step of a page or of a letter: forms, queries and the store have bounded its texts before.
"""

import inspect
import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from index import Searched, Words
from kb.catalogue.fields import SCHEMA
from kb.catalogue.syntax import syntax_of
from kb.exchange.page_lines import Line
from kb.model import contribution
from kb.model.outline import EntryKind
from kb.model.search import MAX_QUERY, SearchRequest
from tests.factories import an_annotation, an_item

Read = Callable[[str], object]
Function = Callable[..., Any]

STEPS = (
    "Context",
    "Translator",
    "Settings",
    "Response",
    "Actor",
    "Catalogue",
    "Connector",
    "Ways",
    "socket",
    "Path",
    "AnnotationBlock",
    "Pager",
    "Wording",
    "Vocabulary",
    "ItemsPage",
    "ItemView",
    "Saved",
    "Element",
    "Outline",
    "SearchRequest",
    "ItemFields",
    "PageFacts",
    "KnownWords",
    "Marker",
    "Expected",
    "Key",
    "Span",
    "Query",
    "Word | index",
    "Match",
)
"""Parts of the names of types whose values hold texts that were bounded, or that are no texts of strangers."""

SAMPLES: Mapping[str, object] = {
    "language": "fr",
    "languages": ("fr", "en"),
    "names": ("tag", "title"),
    "forms": ("a",),
    "most": 100,
    "size": 300,
    "longest": 1 << 30,
    "distance": 1,
    "weight": 1.0,
    "field": "tag",
    "name": "tag",
    "usual": None,
    "base_url": "https://exemple.fr",
    "content_type": "application/x-www-form-urlencoded",
    "words": Words((Searched("text"),), (Searched("exact", exact=True),)),
    "facts": {"site": "Florilège"},
    "kind": EntryKind.HEADING,
    "cut": lambda parts: parts,
    "schema": SCHEMA,
    "syntax": syntax_of(SearchRequest(), ()),
    "format": "json-ld",
    "asked": {"address": "https://exemple.fr/", "charset": "", "language": "fr"},
    "people": {},
    "_asked": {},
    "secret": "s",
    "form_token": "t",
}
"""What a function is given beside the text, by the name of the parameter."""

_QUERY = (MAX_QUERY, "a query has 2,000 characters at most (`kb.model.search`)")
_TITLE = (contribution.LONGEST_TITLE, "a title or a name has 2,000 characters at most (`kb.model.contribution`)")
_HOST = (253, "a host has 253 characters at most (`kb.model.address.parsed_address`)")
_ADDRESS = (contribution.LONGEST_ADDRESS, "an address has 8,000 characters at most (`kb.model.address.parsed_address`)")

BOUNDED: dict[str, tuple[int, str]] = {
    "kb.model.same_page._OF_SITES": _HOST,
    "kb.model.same_page._LEADS_ON": _HOST,
    "kb.model.same_page._MOBILE": _HOST,
    "index.parser.lexing.lexemes": _QUERY,
    "index.parser.parsing.parse": _QUERY,
    "index.parser.reading.parse_tree": _QUERY,
    "index.parser.rewriting.asking": _QUERY,
    "kb.catalogue.lexicon.forms_of": _QUERY,
    "kb.catalogue.lexicon.keys_of": _QUERY,
    "kb.catalogue.lexicon.terms_of": _QUERY,
    "kb.catalogue.searching.same_value": _QUERY,
    "kb.catalogue.searching.value_form": _QUERY,
    "kb.catalogue.typed.asked_for": _QUERY,
    "kb.catalogue.typed.terms_of": _QUERY,
    "kb.catalogue.wording.begins": _TITLE,
    "kb.catalogue.wording.has_words": _TITLE,
    "kb.language.deciding.by_everything": (400, "the sample that `sample_of` makes"),
    "kb.model.same_page.plain_host": _HOST,
    "kb.web.markdown.html_of": (5_000, "an administrator's text, of 200,000 characters at most (`kb.library.pages`)"),
    **{f"index.parser.terms.{name}": _QUERY for name in "loose near pattern phrase said says_nothing strict".split()},
}
"""What is given texts of so many characters at most, and where that is checked."""

MADE_LATE: dict[str, str] = {
    "index.whoosh_engine.beginnings.beginning": "the words of a query, escaped",
    "kb.catalogue.typed._open_quote": "one class of characters",
    "kb.store.erased_texts.without_author": "a login, escaped",
    "kb.web.pages.browsers._named": "literals of a table, in a header that is cut before",
    "kb.web.pages.known._instead": "a label, escaped, in a query of 2,000 characters at most",
}
"""Functions that make an expression while the program runs, and why it is linear."""

_WORDS = (0.5, "each character of some scripts is a word, which is looked up")
_LINES = (0.5, "each line is a record of its own, or a remark")
_FIELDS = (0.3, "the text stands in each field of the item")
SLOWER: dict[str, tuple[float, str]] = {
    "index.analysis.chain.analyse": _WORDS,
    "index.analysis.chain.pieces_of": _WORDS,
    "index.analysis.chain.runs": _WORDS,
    "index.analysis.chain.terms_of": _WORDS,
    "index.analysis.words.words_of": _WORDS,
    "index.snippets.pieces.words_in": _WORDS,
    "kb.catalogue.documents.documents_of": _FIELDS,
    "kb.catalogue.writing.entries_of": _FIELDS,
    "kb.exchange.formats.reading": _LINES,
    "kb.exchange.json_lines.read": _LINES,
    "kb.exchange.page_lines.page_lines": _LINES,
    "kb.exchange.saved_page.looks_like": _LINES,
    "kb.exchange.saved_page.read": _LINES,
    "index.analysis.normal.normal": (0.2, "each group of characters that compose is normalised by itself"),
}
"""Seconds that 100,000 characters may take, and why: they are linear, and more than 50 ms."""

_APART = "runs in a process of its own, with limits of time and memory (`kb.apart`)"
_NETWORK = "asks the network; its address was bounded by `kb.fetching.places.place_of`"

EXEMPT: dict[str, str] = {
    "index.analysis.lemma_making.table_of": "reads our own dictionary",
    "index.analysis.lemma_table.unpacked": "reads our own table of lemmas",
    "index.snippets.wanted.wanted_in": "reads a query that `parse` has made",
    "kb.catalogue.searching.open_catalogue": "reads a setting",
    "kb.catalogue.wording.written": "reads items of the store for a word of the index",
    "kb.exchange.rdf.statements": _APART,
    "kb.exchange.skos_apart.read_skos_apart": _APART,
    "kb.exchange.skos_reading.read_skos": _APART,
    "kb.extracting.answering.answer": _APART,
    "kb.extracting.answering.facts_apart": _APART,
    "kb.extracting.html_apart.facts_of": _APART,
    "kb.extracting.html_facts.guessed": _APART,
    "kb.extracting.html_facts.tree_of": _APART,
    "kb.extracting.pdf_apart.facts_of": _APART,
    "kb.extracting.pdf_facts.opened": _APART,
    "kb.fetching.ways.connected": _NETWORK,
    "kb.fetching.ways.looked_up": _NETWORK,
    "kb.language.profiles.profiles_of": "reads languages of the settings of a group",
    "kb.model.vocabulary.circles": "reads links of concepts, not texts",
    "kb.oidc.asking.ask": _NETWORK,
    "kb.oidc.metadata.discovered": _NETWORK,
    "kb.oidc.tokens.keys_of": "reads the keys of the provider that the operator chose",
    "kb.web.render.fragment": "reads the name of a template of the program",
    "kb.web.templating.environment_of": "reads a language of the program",
    "kb.web.statics.address_of": "reads the name of a file of the program",
}
"""Why a function is not called here."""

_MULTIPART = "multipart/form-data; boundary=a"
CALLS: dict[str, Callable[[Function], Read]] = {
    "kb.exchange.formats.reading": lambda read: lambda text: read(io.BytesIO(encoded(text))),
    "kb.exchange.page_lines.bullet_of": lambda read: lambda text: read(Line(1, 2, text), None),
    "kb.catalogue.documents.documents_of": lambda read: lambda text: read(item_of(text), text),
    "kb.catalogue.documents.characters_of": lambda read: lambda text: read(item_of(text), text),
    "kb.catalogue.writing.entries_of": lambda read: lambda text: read(item_of(text), text),
    "kb.citing.citation.cite": lambda read: lambda text: read(item_of(text), "https://exemple.fr"),
    "kb.model.quoting.placed_in": lambda read: (
        lambda text: read(contribution.Words(quote=text[: len(text) // 2]), text)
    ),
    "kb.model.tag.replaced": lambda read: lambda text: read(text.split(" "), {"a"}, "b"),
    "kb.model.tag.with_tags": lambda read: lambda text: read(text.split(" "), text.split("a")),
    "kb.model.tag.without_tags": lambda read: lambda text: read(text.split(" "), {"a"}),
    "kb.web.posting.form_of": lambda read: lambda text: read(_MULTIPART, _body(text), io.BytesIO()),
    "kb.web.uploads.parts_of": lambda read: lambda text: read(_MULTIPART + text, _body(text), io.BytesIO()),
    "kb.web.posting.require_json": lambda read: lambda text: read({"content-type": text}),
    "kb.web.posting.require_own_page": lambda read: lambda text: read({"origin": text, "host": text}),
}


def _body(text: str) -> io.BytesIO:
    part = b'--a\r\nContent-Disposition: form-data; name="'
    return io.BytesIO(part + encoded(text) + b'"\r\n\r\n' + encoded(text) + b"\r\n--a--\r\n")


def item_of(text: str) -> Any:
    """An item whose every text is this one."""
    words = an_annotation(quote=text, body=text)
    return an_item(url=f"https://{text}", title=text, byline=text, tags=[text], source=text, annotations=[words])


def call_of(name: str, function: Function) -> Read:
    """The function of one text. Raises LookupError for one that needs more and stands in no list."""
    if name in CALLS:
        read = CALLS[name](function)
    else:
        makers = _makers(name, function)

        def read(text: str) -> object:
            return function(*(make(text) for make in makers))

    bound = BOUNDED.get(name)
    return (lambda text: read(text[: bound[0]])) if bound else read


def is_step(function: Function) -> bool:
    """Whether a function takes what forms, queries and the store have bounded."""
    given = inspect.signature(function).parameters.values()
    return any(one in str(parameter.annotation) for parameter in given for one in STEPS)


def _makers(name: str, function: Function) -> list[Callable[[str], object]]:
    makers: list[Callable[[str], object]] = []
    required = [one for one in inspect.signature(function).parameters.values() if one.default is one.empty]
    for one in required:
        made = _made(str(one.annotation))
        if one.name in SAMPLES and len(required) > 1:
            made = partial(_sample, one.name)
        if made is None or one.kind is one.KEYWORD_ONLY:
            raise LookupError(f"{name} needs a line in tests/text_calls.py: {inspect.signature(function)}")
        makers.append(made)
    return makers


def _sample(name: str, _text: str) -> object:
    return SAMPLES[name]


def _made(annotation: str) -> Callable[[str], object] | None:
    """What makes a value of a type of a text."""
    match annotation.removeprefix("<class '").removesuffix("'>"):
        case "str" | "str | None" | "object":
            return lambda text: text
        case "bytes":
            return encoded
        case "collections.abc.Iterable[bytes]":
            return lambda text: [encoded(text)]
        case "collections.abc.Iterable[str]" | "collections.abc.Sequence[str]" | "collections.abc.Collection[str]":
            return lambda text: [text]
        case "tuple[str, ...]":
            return lambda text: tuple(text.split(" "))
        case "tuple[tuple[str, str], ...]":
            return lambda text: (("q", text), (text, "q"))
        case "tuple[tuple[str, bool], ...]":
            return lambda text: ((text, True), (text, False))
        case _:
            return None


def encoded(text: str) -> bytes:
    """The text in UTF-8, halves of surrogate pairs too."""
    return text.encode("utf-8", "surrogatepass")
