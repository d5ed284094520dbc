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
from kb.formats.saved_page_lines import Line
from kb.model.items import item_fields
from kb.model.items.item_list import EntryKind
from kb.model.search_request import MAX_QUERY, SearchRequest
from kb.search.index_fields import SCHEMA
from kb.search.query_syntax import syntax_of
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

_QUERY = (MAX_QUERY, "a query has 2,000 characters at most (`kb.model.search_request`)")
_TITLE = (item_fields.LONGEST_TITLE, "a title or a name has 2,000 characters at most (`kb.model.items.item_fields`)")
_HOST = (253, "a host has 253 characters at most (`kb.model.web_pages.address.parsed_address`)")
_ADDRESS = (
    item_fields.LONGEST_ADDRESS,
    "an address has 8,000 characters at most (`kb.model.web_pages.address.parsed_address`)",
)

BOUNDED: dict[str, tuple[int, str]] = {
    "kb.model.web_pages.address_equivalence._OF_SITES": _HOST,
    "kb.model.web_pages.address_equivalence._LEADS_ON": _HOST,
    "kb.model.web_pages.address_equivalence._MOBILE": _HOST,
    "index.query_parser.lexer.lexemes": _QUERY,
    "index.query_parser.parser.parse": _QUERY,
    "index.query_parser.tree_builder.parse_tree": _QUERY,
    "index.query_parser.rewriting.asking": _QUERY,
    "kb.search.vocabulary.vocabulary_matcher.forms_of": _QUERY,
    "kb.search.vocabulary.vocabulary_matcher.keys_of": _QUERY,
    "kb.search.vocabulary.vocabulary_matcher.terms_of": _QUERY,
    "kb.search.index_search.same_value": _QUERY,
    "kb.search.index_search.value_form": _QUERY,
    "kb.search.completion.completion_input.asked_for": _QUERY,
    "kb.search.completion.completion_input.terms_of": _QUERY,
    "kb.search.completion.surface_forms.begins": _TITLE,
    "kb.search.completion.surface_forms.has_words": _TITLE,
    "kb.language.language_detection.by_everything": (400, "the sample that `sample_of` makes"),
    "kb.model.web_pages.address_equivalence.plain_host": _HOST,
    "kb.web.ui.markdown_rendering.html_of": (
        5_000,
        "an administrator's text, of 200,000 characters at most (`kb.services.admin.site_pages`)",
    ),
    **{
        f"index.query_parser.text_queries.{name}": _QUERY
        for name in "loose near pattern phrase said says_nothing strict".split()
    },
}
"""What is given texts of so many characters at most, and where that is checked."""

MADE_LATE: dict[str, str] = {
    "index.whoosh_engine.storage.prefix_terms.beginning": "the words of a query, escaped",
    "kb.search.completion.completion_input._open_quote": "one class of characters",
    "kb.store.personal_data.erased_texts.without_author": "a login, escaped",
    "kb.web.pages.accounts.user_agents._named": "literals of a table, in a header that is cut before",
    "kb.web.pages.listing.vocabulary_notice._instead": "a label, escaped, in a query of 2,000 characters at most",
}
"""Functions that make an expression while the program runs, and why it is linear."""

_WORDS = (0.5, "each character of some scripts is a word, which is looked up")
_LINES = (0.5, "each line is a record of its own, or a remark")
_FIELDS = (0.3, "the text stands in each field of the item")
SLOWER: dict[str, tuple[float, str]] = {
    "index.analysis.analyzer.analyse": _WORDS,
    "index.analysis.analyzer.pieces_of": _WORDS,
    "index.analysis.analyzer.runs": _WORDS,
    "index.analysis.analyzer.terms_of": _WORDS,
    "index.analysis.tokenizer.words_of": _WORDS,
    "index.snippets.analysis_memory.words_in": _WORDS,
    "kb.search.documents.documents_of": _FIELDS,
    "kb.search.index_updates.entries_of": _FIELDS,
    "kb.formats.import_formats.reading": _LINES,
    "kb.formats.json_lines.read": _LINES,
    "kb.formats.saved_page_lines.page_lines": _LINES,
    "kb.formats.saved_page.looks_like": _LINES,
    "kb.formats.saved_page.read": _LINES,
    "index.analysis.normalization.normal": (0.2, "each group of characters that compose is normalised by itself"),
}
"""Seconds that 100,000 characters may take, and why: they are linear, and more than 50 ms."""

_APART = "runs in a process of its own, with limits of time and memory (`kb.sandbox.sandboxed_process`)"
_NETWORK = "asks the network; its address was bounded by `kb.fetcher.url_targets.place_of`"

EXEMPT: dict[str, str] = {
    "index.analysis.lemma_table_builder.table_of": "reads our own dictionary",
    "index.analysis.lemma_table.unpacked": "reads our own table of lemmas",
    "index.snippets.query_terms.wanted_in": "reads a query that `parse` has made",
    "kb.search.index_search.open_catalogue": "reads a setting",
    "kb.search.completion.surface_forms.written": "reads items of the store for a word of the index",
    "kb.formats.rdf_parser.statements": _APART,
    "kb.formats.skos_sandbox.read_skos_apart": _APART,
    "kb.formats.skos_reader.read_skos": _APART,
    "kb.extraction.extraction_process.answer": _APART,
    "kb.extraction.extraction_process.facts_apart": _APART,
    "kb.extraction.html_process.facts_of": _APART,
    "kb.extraction.html_facts.guessed": _APART,
    "kb.extraction.html_facts.tree_of": _APART,
    "kb.extraction.pdf_process.facts_of": _APART,
    "kb.extraction.pdf_facts.opened": _APART,
    "kb.fetcher.connections.connected": _NETWORK,
    "kb.fetcher.connections.looked_up": _NETWORK,
    "kb.language.letter_profiles.profiles_of": "reads languages of the settings of a group",
    "kb.model.vocabulary.circles": "reads links of concepts, not texts",
    "kb.oidc.provider_request.ask": _NETWORK,
    "kb.oidc.metadata.discovered": _NETWORK,
    "kb.oidc.tokens.keys_of": "reads the keys of the provider that the operator chose",
    "kb.web.ui.rendering.fragment": "reads the name of a template of the program",
    "kb.web.ui.template_environment.environment_of": "reads a language of the program",
    "kb.web.http.static_files.address_of": "reads the name of a file of the program",
}
"""Why a function is not called here."""

_MULTIPART = "multipart/form-data; boundary=a"
CALLS: dict[str, Callable[[Function], Read]] = {
    "kb.web.ui.page_weight.page_of_part": lambda read: lambda text: read(item_of(text), text),
    "kb.formats.import_formats.reading": lambda read: lambda text: read(io.BytesIO(encoded(text))),
    "kb.formats.saved_page_lines.bullet_of": lambda read: lambda text: read(Line(1, 2, text), None),
    "kb.search.documents.documents_of": lambda read: lambda text: read(item_of(text), text),
    "kb.search.documents.characters_of": lambda read: lambda text: read(item_of(text), text),
    "kb.search.index_updates.entries_of": lambda read: lambda text: read(item_of(text), text),
    "kb.citations.citation.cite": lambda read: lambda text: read(item_of(text), "https://exemple.fr"),
    "kb.model.items.text_quote.placed_in": lambda read: (
        lambda text: read(item_fields.Words(quote=text[: len(text) // 2]), text)
    ),
    "kb.model.items.tag.replaced": lambda read: lambda text: read(text.split(" "), {"a"}, "b"),
    "kb.model.items.tag.with_tags": lambda read: lambda text: read(text.split(" "), text.split("a")),
    "kb.model.items.tag.without_tags": lambda read: lambda text: read(text.split(" "), {"a"}),
    "kb.web.http.csrf.form_of": lambda read: lambda text: read(_MULTIPART, _body(text), io.BytesIO()),
    "kb.web.http.limits.uploads.parts_of": lambda read: lambda text: read(_MULTIPART + text, _body(text), io.BytesIO()),
    "kb.web.http.csrf.require_json": lambda read: lambda text: read({"content-type": text}),
    "kb.web.http.csrf.require_own_page": lambda read: lambda text: read({"origin": text, "host": text}),
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
