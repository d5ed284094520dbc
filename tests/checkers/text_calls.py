"""How each function of `text_readers.functions` is called with a hostile text, or why it is not called.

A function whose parameters are texts or in SAMPLES needs no line here. A function with a parameter of STEPS is an inner
step of a page or an e-mail message: forms, queries and the store have limited its texts before.
"""

import inspect
import io
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from index import SearchedField, TextWords
from kb.features.harvest.oai_arguments import ListPosition
from kb.features.hypothesis.routes import WEB as HYPOTHESIS_WEB
from kb.features.reading.text_parts import PartKind, TextLine, TextPart
from kb.formats.diigo.text_copy_lines import PageLine
from kb.formats.shared.export_format import ExportDetails
from kb.model import bibliographic_record
from kb.model.bibliographic_record import LONGEST_ADDRESS
from kb.model.items import item_fields
from kb.model.items.annotation import Reply
from kb.model.items.import_draft import ItemDraft
from kb.model.items.item_list import ListEntryKind
from kb.model.search_request import MAX_QUERY, SearchRequest
from kb.model.web_pages.text_layout import ROW
from kb.search.index_fields import SCHEMA
from kb.search.query_syntax import query_syntax_for
from kb.services.imports.record_bounds import OPERATOR_BOUNDS
from kb.translation import Translator
from kb.web.http.forms.refused_forms import SentForm
from kb.web.pages.tags.sorted_tag_list import TagOrder
from tests.factories.items import a_group, a_reply, an_annotation, an_item

FRENCH = Translator("fr")
Read = Callable[[str], object]
Function = Callable[..., Any]

STEPS = (
    "Context",
    "Library",
    "Translator",
    "Settings",
    "Response",
    "Actor",
    "Catalogue",
    "Connector",
    "WebAccess",
    "socket",
    "Path",
    "AnnotationBlock",
    "Pager",
    "HarvestedRecord",
    "ConceptFields",
    "Vocabulary",
    "ItemsPage",
    "ItemView",
    "Saved",
    "Element",
    "ItemList",
    "OpmlOutline",
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
    "TokenScheme",
    "sqlalchemy",
)
"""Parts of the names of types whose values contain limited texts, or texts that no user wrote."""

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
    "words": TextWords((SearchedField("text"),), (SearchedField("exact", exact=True),)),
    "facts": {"site": "Florilège"},
    "kind": ListEntryKind.HEADING,
    "cut": lambda parts: parts,
    "schema": SCHEMA,
    "syntax": query_syntax_for(SearchRequest(), ()),
    "format": "json-ld",
    "asked": {"address": "https://exemple.fr/", "charset": "", "language": "fr"},
    "people": {},
    "_asked": {},
    "secret": "s",
    "form_token": "t",
}
"""The other arguments of a function, by the name of the parameter."""

_QUERY = (MAX_QUERY, "a query has 2,000 characters at most (`kb.model.search_request`)")
_TITLE = (
    bibliographic_record.LONGEST_TITLE,
    "a title or a name has 2,000 characters at most (`kb.model.bibliographic_record`)",
)
_HOST = (253, "a host has 253 characters at most (`kb.model.web_pages.canonical_address.parsed_address`)")
_ADDRESS = (
    LONGEST_ADDRESS,
    "an address has 8,000 characters at most (`kb.model.web_pages.canonical_address.parsed_address`)",
)

_NAME = (OPERATOR_BOUNDS.name, "a name within the bounds of forms and imports")
BOUNDED: dict[str, tuple[int, str]] = {
    **{
        f"kb.model.people.name_skeletons.{name}": _NAME
        for name in ("name_skeleton", "is_reserved_name", "require_free_name")
    },
    "kb.model.web_pages.address_equivalence._OF_SITES": _HOST,
    "kb.model.web_pages.address_equivalence._LEADS_ON": _HOST,
    "kb.model.web_pages.address_equivalence._MOBILE": _HOST,
    "index.query_parser.lexer.lexemes": _QUERY,
    "index.query_parser.parser.parse_query": _QUERY,
    "index.query_parser.tree_builder.parse_tree": _QUERY,
    "index.query_parser.word_replacement.field_query_text": _QUERY,
    "kb.search.vocabulary_expansion.typed_keys": _QUERY,
    "kb.search.vocabulary_expansion.label_keys": _QUERY,
    "kb.search.vocabulary_expansion.text_terms": _QUERY,
    "kb.search.index_search.is_same_value": _QUERY,
    "kb.search.index_search.comparable_value": _QUERY,
    "kb.search.completion.completion_input.typed_terms": _QUERY,
    "kb.search.fusion.is_sentence": _QUERY,
    "kb.search.relevance_query.content_words": _QUERY,
    "kb.extraction.publication_date_parsing._WORDS": (200, "texts that are cut before"),
    "kb.model.written_dates._WHOLE_DATE": (60, "LONGEST_WRITTEN_DATE"),
    "kb.formats.comment_source_and_date.WRITTEN_DATE": (4_000, "a comment that the module has cut"),
    "kb.search.more_like_this.tag_phrases": (item_fields.LONGEST_TAG, "a tag has 200 characters at most"),
    "kb.search.completion.surface_forms.has_folded_prefix": _TITLE,
    "kb.search.completion.surface_forms.has_typed_words": _TITLE,
    "kb.language.language_detection.likeliest_language": (400, "the sample that `sample_of` makes"),
    "kb.model.web_pages.address_equivalence.plain_host": _HOST,
    "kb.web.ui.markdown_rendering.render_markdown": (
        5_000,
        "an administrator's text, of 200,000 characters at most (`kb.services.admin.site_pages`)",
    ),
    **{
        f"index.query_parser.text_queries.{name}": _QUERY
        for name in (
            "any_word_query all_words_query exact_order_query "
            "fuzzy_query pattern_query phrase_query has_only_stop_words"
        ).split()
    },
}
"""Functions whose texts have a maximum length, and where that is checked."""

MADE_LATE: dict[str, str] = {
    "index.whoosh_engine.term_lookups.find_prefix_terms": "the words of a query, escaped",
    "kb.model.written_dates._date_pattern": "literals, when the module is imported",
    "kb.services.accounts.feed_keys.rename_group_in_feed_keys": "the slug of a group, escaped, in a stored address",
    "kb.search.completion.completion_input._open_quote": "one class of characters",
    "kb.store.personal_data.erased_texts.without_author": "a login, escaped",
    "kb.web.app._end_with_address": "the pattern of a route, which Starlette has made",
    "kb.web.pages.accounts.account._first_match": "literals of a table, in a header that is cut before",
    "kb.web.pages.listing.vocabulary_notice._replace_words": "a label, escaped, in a query of 2,000 characters at most",
}
"""Functions that create an expression at run time, and why it is linear."""

_WORDS = (0.5, "each character of some scripts is a word, which is looked up")
_LINES = (0.5, "each line is a record of its own, or a warning")
_LATEX = (3.0, "pylatexenc makes an object of each command; it reads 100,000 characters at most")
_FIELDS = (0.3, "the text stands in each field of the item")
_REFERENCE = (0.15, "the text stands in each field of the reference")
SLOWER: dict[str, tuple[float, str]] = {
    "index.analysis.analyzer.analyze": _WORDS,
    "index.analysis.analyzer.words_of_run": _WORDS,
    "index.analysis.analyzer.word_runs": _WORDS,
    "index.analysis.analyzer.terms_of": _WORDS,
    "index.analysis.tokenizer.words_in_run": _WORDS,
    "index.snippets.analysis_cache.words_in": _WORDS,
    "kb.search.documents.index_documents_of": _FIELDS,
    "kb.search.documents.checked_documents": _FIELDS,
    "kb.search.index_updates.expected_entries": _FIELDS,
    "kb.search.text_pieces.text_pieces_of": _FIELDS,
    "kb.features.harvest.oai_xml.metadata_document": _FIELDS,
    "kb.features.reading.text_difference.difference": (0.5, "each line that differs is a row of its own"),
    "kb.features.reading.folded_text.fold": (0.3, "each ligature or quotation mark is replaced alone"),
    "kb.formats.import_formats.read_drafts": _LINES,
    "kb.formats.json_lines.reader.read_json_lines": _LINES,
    "kb.formats.address_list.reader.read_address_list": _LINES,
    "kb.formats.shared.csv_rows.csv_rows": _LINES,
    "kb.formats.shared.references.reference_draft": _REFERENCE,
    "kb.formats.shared.references.reference_texts": _REFERENCE,
    "kb.formats.bibtex.reader.read_bibtex": _LATEX,
    "kb.formats.shared.decoded_text.numbered_text_lines": _LINES,
    "kb.formats.shared.decoded_text.text_lines": _LINES,
    "kb.formats.diigo.csv_reader.read_diigo_csv": _LINES,
    "kb.formats.diigo.html_reader.read_diigo_html": _LINES,
    "kb.formats.shared.markup_tokens.markup_tokens": _LINES,
    "kb.formats.netscape.reader.read_netscape": _LINES,
    "kb.formats.feed.reader.read_feed": _LINES,
    "kb.formats.bibtex.latex_text.text_of_latex": _LATEX,
    "kb.formats.bibtex.latex_text.line_of_latex": _LATEX,
    "kb.formats.opml.reader.read_opml": _LINES,
    "kb.formats.ris.reader.read_ris": _LINES,
    "kb.features.reading.text_parts.text_parts": _LINES,
    "kb.formats.shared.xml_events.xml_events": _LINES,
    "kb.formats.shared.xml_events.xml_nodes": _LINES,
    "kb.formats.zotero_rdf.reader.read_zotero_rdf": _LINES,
    "kb.formats.csv_table.reader.read_table": _LINES,
    "kb.formats.diigo.text_copy_lines.page_lines": _LINES,
    "kb.formats.diigo.text_copy_reader.is_saved_page": _LINES,
    "kb.formats.diigo.text_copy_reader.read_saved_page": _LINES,
    "index.analysis.unicode_normalization.normalize": (
        0.2,
        "each group of characters that compose is normalised alone",
    ),
}
"""Seconds that 100,000 characters may take, and why: these functions are linear, but need more than 40 ms."""

_APART = "runs in a process of its own, with limits of time and memory (`kb.sandbox.sandboxed_process`)"
_NETWORK = "asks the network; its address was bounded by `kb.fetcher.url_targets.parse_url_target`"

_ANCHORED = "tests/features/reading/test_anchoring.py measures it with hostile texts"
_OF_STORE = "writes what the store holds, which has limited it"
EXEMPT: dict[str, str] = {
    "kb.features.reading.anchoring.anchor": _ANCHORED,
    "kb.features.digests.digest_command.erase_command": "a command of the operator",
    "kb.features.digests.digest_command.send_command": "a command of the operator",
    "kb.features.digests.digest_content.new_section": "compares ids",
    "kb.features.digests.followed_address.followed_address": _OF_STORE,
    "kb.features.digests.digest_content.reader_footer": _OF_STORE,
    "kb.features.digests.subscribers.stop_email_follow": "compares ids",
    "kb.model.followed_search.parameters_to_follow": "compares ids; a search is read by `SearchRequest.from_params`",
    "kb.features.notices.new_notices.notices_of_text": "compares ids",
    "kb.features.webhooks.webhook.signature_headers": "signs a message of at most 64 KiB",
    "kb.features.newsletters.commands.send_command": "a command of the operator",
    "kb.features.newsletters.newsletters.archive_path": _OF_STORE,
    "kb.features.reading.text_versions.changed_passages": "reads places of the store",
    "kb.features.reading.text_versions.version_text": "compares a number of an address with those of versions",
    "kb.features.reading.anchoring.anchor_again": _ANCHORED,
    "kb.features.reading.anchoring.anchor_all": _ANCHORED,
    "kb.features.reading.anchoring.quoted": "cuts a text",
    "kb.features.reading.word_alignment.aligned": _ANCHORED,
    "kb.features.reading.word_alignment.positions_of_pairs": _ANCHORED,
    "kb.features.reading.word_alignment.windows": _ANCHORED,
    "kb.features.reading.word_alignment.stands_only": _ANCHORED,
    "kb.model.items.selectors.position_of": "reads what `selectors_text` has made",
    "kb.formats.csv_table.column_mapping.format_with_columns": "cuts the name of each column",
    "kb.features.hypothesis.annotation_order.date_with_count": "takes a date that we write",
    "kb.features.w3c.annotation_objects.annotation_etag": "hashes what the store holds",
    "kb.features.hypothesis.cross_origin.error_response": "writes an error message of the program",
    "kb.features.w3c.answers.error_response": "writes an error message of the program",
    "kb.features.w3c.answers.options_response": "writes header fields of the program",
    "kb.formats.web_annotations.writer.annotation_object": _OF_STORE,
    "kb.formats.web_annotations.writer.reply_object": _OF_STORE,
    "kb.formats.web_annotations.writer.source_of": _OF_STORE,
    "kb.features.harvest.sru.search_document": "writes a query of at most MAX_QUERY characters, and items",
    "kb.features.harvest.sru.explain_document": "writes what the site says of itself",
    "kb.web.http.limits.multipart_forms.is_multipart": "reads one header, which uvicorn has bounded",
    "index.analysis.lemmas.build_lemma_table": "reads our own dictionary",
    "index.analysis.lemmas.unpack_lemmas": "reads our own table of lemmas",
    "index.snippets.query_terms.query_terms_of": "reads a query that `parse` has made",
    "kb.search.completion.surface_forms.surface_form": "reads items of the store for a word of the index",
    "kb.formats.import_subprocess.read_open_file_in_subprocess": _APART,
    "kb.formats.skos.rdf_parser.read_statements": _APART,
    "kb.formats.skos.sandbox.read_skos_in_subprocess": _APART,
    "kb.formats.skos.reader.read_skos": _APART,
    "kb.extraction.extraction_process.run_extraction": _APART,
    "kb.extraction.extraction_process.extract_in_subprocess": _APART,
    "kb.extraction.html_facts.facts_of_html": _APART,
    "kb.extraction.markup_bounds.require_bounded_markup": _APART,
    "kb.extraction.html_facts.inferred_facts": _APART,
    "kb.extraction.html_facts.parse_html": _APART,
    "kb.extraction.saved_page_facts.facts_of_saved_page": _APART,
    "kb.extraction.html_sanitizer.clean_copy": _APART,
    "kb.extraction.mhtml.html_of_mhtml": _APART,
    "kb.features.meaning.local_process.main": _APART,
    "kb.search.fusion.fused_answer": "orders what the index has found",
    "kb.fetcher.connections.open_connection": _NETWORK,
    "kb.fetcher.connections.resolve_host": _NETWORK,
    "kb.model.vocabulary.cyclic_links": "reads links of concepts, not texts",
    "kb.oidc.provider_request.request_provider": _NETWORK,
    "kb.oidc.metadata.discover_provider": _NETWORK,
    "kb.oidc.tokens.signing_keys_of": "reads the keys of the provider that the operator chose",
    "kb.web.ui.rendering.render_fragment": "reads the name of a template of the program",
    "kb.web.ui.template_environment.jinja_environment": "reads a language of the program",
    "kb.web.api.answer_objects.listed": "counts objects that are made of the store",
    "kb.web.api.operations.operation": "declares an operation of the program",
    "kb.web.api.operations.called_operation": "declares an operation of the program",
    "kb.web.ui.template_environment.script_tag": "reads the name of a script of the program",
    "kb.web.http.files.static_files.static_file_address": "reads the name of a file of the program",
    "kb.web.http.files.static_files.static_route": "reads the name of a feature of the program",
}
"""The reasons for which functions are not called here."""

_MULTIPART = "multipart/form-data; boundary=a"
CALLS: dict[str, Callable[[Function], Read]] = {
    "kb.features.history.item_changes.part_value": lambda read: lambda text: read(a_reply(text), "body"),
    "kb.citations.metadata_crosswalk.type_of_name": lambda read: lambda text: read(text, lambda names: names.csl),
    "kb.features.harvest.harvest_sets.tag_spec": lambda read: lambda text: read(a_group(), text),
    "kb.web.http.client_tokens.client_protocol_of": lambda read: lambda text: read([HYPOTHESIS_WEB.client], text),
    "kb.model.items.annotation_address.annotation_path": lambda read: lambda text: read(item_of(text), text),
    "kb.model.items.annotation_address.permalink": lambda read: lambda text: read(item_of(text), text, text),
    "kb.model.items.annotation_address.part_permalinks": lambda read: lambda text: read(item_of(text), text)(text),
    "kb.model.items.import_source.sources_of": lambda read: lambda text: read({text}, dict.fromkeys(text.split(" "))),
    "kb.model.items.reply_threads.ancestor_ids": lambda read: (
        lambda text: read("a", dict(zip(["a", *text], text, strict=False)))
    ),
    "kb.model.truncation.truncate_marked_text": lambda read: (
        lambda text: list(read([(piece, False) for piece in text.split(" ")], 1_500))
    ),
    "kb.model.items.reply_threads.with_thread_ids": lambda read: lambda text: read(_thread(text), {"a": "b"}),
    "kb.model.items.reply_threads.with_new_ids": lambda read: lambda text: read(an_annotation(replies=_thread(text))),
    "kb.web.clients.answer_size.json_array": lambda read: lambda text: list(read([text, {"text": text}])),
    "kb.web.pages.tags.sorted_tag_list.tag_order_of": lambda read: lambda text: read(text, TagOrder.COUNT),
    "kb.web.http.files.streamed_files.attachment": lambda read: lambda text: read(text, ".csv", otherwise="export"),
    "kb.web.ui.page_weight.page_of_part": lambda read: lambda text: read(item_of(text), text),
    "kb.fetcher.captured_page.read_captured_page": lambda read: lambda text: read(encoded(text), text, caller="claire"),
    "kb.formats.import_formats.read_drafts": lambda read: lambda text: read(io.BytesIO(encoded(text))),
    "kb.features.reading.text_markup.cite_link": lambda read: (
        lambda text: read("/items/a/annotate", text, text, 1, text)(0, len(text))
    ),
    "kb.features.reading.text_markup.part_markup": lambda read: (
        lambda text: read(_table(text), lambda line: escape(line.text), lambda _start, _end: Markup(""))
    ),
    "kb.features.reading.text_parts.text_parts": lambda read: lambda text: read(text, None),
    "kb.features.reading.text_parts.repeats_title": lambda read: lambda text: read(_headings(text), text),
    "kb.extraction.document_lines.row_lines": lambda read: lambda text: list(read(list(text), is_header=True)),
    "kb.formats.diigo.tags.diigo_tags": lambda read: lambda text: read(text, by_spaces=True),
    "kb.formats.shared.markup_tokens.markup_tokens": lambda read: lambda text: read([text]),
    "kb.formats.shared.xml_events.xml_nodes": lambda read: (
        lambda text: read([b"<feed><a>", encoded(text), b"</a></feed>"], frozenset({"feed"}))
    ),
    "kb.formats.shared.record_warnings.draft_with_warnings": lambda read: (
        lambda text: list(read(ItemDraft(title=text), (text, None), item=text))
    ),
    "kb.formats.shared.references.reference_draft": lambda read: (
        lambda text: read(lambda _: text, text, [text], [text], is_own=True)
    ),
    "kb.formats.shared.references.reference_texts": lambda read: lambda text: read(lambda _: text),
    **{
        f"kb.formats.shared.json_records.{name}": lambda read: lambda text: read({"a": [text], "b": text}, "b")
        for name in ("record_field", "records_field", "texts_field")
    },
    "kb.formats.diigo.text_copy_lines.parse_bullet": lambda read: lambda text: read(PageLine(1, 2, text), None),
    "kb.search.documents.checked_documents": lambda read: lambda text: read(item_of(text), text),
    "kb.search.documents.index_documents_of": lambda read: lambda text: read(item_of(text), text),
    "kb.search.text_pieces.text_pieces_of": lambda read: lambda text: read(item_of(text), text),
    "kb.search.text_pieces.source_text": lambda read: lambda text: read(item_of(text), text, "/page"),
    "kb.search.documents.count_characters": lambda read: lambda text: read(item_of(text), text),
    "kb.search.index_updates.expected_entries": lambda read: lambda text: read(item_of(text), text),
    "kb.citations.citation.citation_of": lambda read: lambda text: read(item_of(text), "https://exemple.fr"),
    "kb.model.bibliographic_record.with_record_values": lambda read: (
        lambda text: read(item_of(text), {"title": text, "source": text})
    ),
    "kb.model.items.selectors.with_text_quote": lambda read: (
        lambda text: read(item_fields.AnnotationFields(quote=text[: len(text) // 2]), text)
    ),
    "kb.model.items.import_draft.draft_warning": lambda read: lambda text: read(ItemDraft(title=text), "a"),
    "kb.model.items.tag.replace_tags": lambda read: lambda text: read(text.split(" "), {"a"}, "b"),
    "kb.model.items.tag.with_tags": lambda read: lambda text: read(text.split(" "), text.split("a")),
    "kb.model.items.tag.without_tags": lambda read: lambda text: read(text.split(" "), {"a"}),
    "kb.web.http.forms.form_requests.parse_form": lambda read: lambda text: read(_MULTIPART, _body(text), io.BytesIO()),
    "kb.web.http.limits.multipart_forms.parse_multipart": lambda read: (
        lambda text: read(_MULTIPART + text, _body(text), io.BytesIO())
    ),
    "kb.formats.csv_table.writer.write_table": lambda read: lambda text: b"".join(read([(text, text)], ";")),
    "kb.features.harvest.oai_arguments.read_token": lambda read: (
        lambda text: read(urlsafe_b64encode(encoded(text)).decode(), "ListSets", text, datetime.now(UTC))
    ),
    "kb.features.harvest.oai_xml.oai_document": lambda read: (
        lambda text: read(datetime.now(UTC), text, {"verb": text}, [encoded(text)])
    ),
    "kb.features.harvest.oai_xml.metadata_document": lambda read: (
        lambda text: read(item_of(text), "oai_dc", ExportDetails(text, text, text, text, datetime.now(UTC), FRENCH))
    ),
    "kb.features.harvest.oai_xml.token_element": lambda read: lambda text: read(ListPosition("a"), text, 0, None),
    "kb.web.http.request_origin.is_from_browser": lambda read: lambda text: read({"origin": text}),
    "kb.web.http.request_origin.is_for_browser": lambda read: lambda text: read({"accept": text}),
    "kb.web.http.request_origin.is_same_origin": lambda read: lambda text: read({"origin": text, "host": text}),
    "kb.web.pages.items.save_fields.typed_record_values": lambda read: lambda text: read(lambda _: text),
    "kb.web.ui.refused_form_pages.refused_text": lambda read: lambda text: read(SentForm((("body", text),)), "/"),
    "kb.web.http.forms.form_requests.require_json": lambda read: lambda text: read({"content-type": text}),
    "kb.web.http.forms.form_requests.require_same_origin": lambda read: (
        lambda text: read({"origin": text, "host": text})
    ),
}


def _headings(text: str) -> list[TextPart]:
    return [TextPart(PartKind.HEADING, (TextLine(1, 0, text),), 2)] * 2


def _table(text: str) -> TextPart:
    return TextPart(PartKind.TABLE, (TextLine(1, 0, text, ROW),))


def _body(text: str) -> io.BytesIO:
    part = b'--a\r\nContent-Disposition: form-data; name="'
    return io.BytesIO(part + encoded(text) + b'"\r\n\r\n' + encoded(text) + b"\r\n--a--\r\n")


def _thread(text: str) -> tuple[Reply, ...]:
    """Replies whose ids are pieces of a text, each a reply to the one before."""
    ids = [text[place : place + 40] for place in range(0, len(text), 40)]
    return tuple(a_reply(id=id_, reply_to=above) for id_, above in pairwise(ids))


def item_of(text: str) -> Any:
    """An item in which every text is this one."""
    words = an_annotation(quote=text, body=text)
    return an_item(url=f"https://{text}", title=text, byline=text, tags=[text], source=text, annotations=[words])


def call_of(name: str, function: Function) -> Read:
    """The function as a function of one text. Raises LookupError if it needs more and is in no list."""
    if name in CALLS:
        read = CALLS[name](function)
    else:
        makers = _makers(name, function)

        def read(text: str) -> object:
            return function(*(make(text) for make in makers))

    bound = BOUNDED.get(name)
    return (lambda text: read(text[: bound[0]])) if bound else read


def is_step(function: Function) -> bool:
    """Whether a function takes values that forms, queries and the store have limited."""
    parameters = inspect.signature(function).parameters.values()
    return any(step in str(parameter.annotation) for parameter in parameters for step in STEPS)


def _makers(name: str, function: Function) -> list[Callable[[str], object]]:
    makers: list[Callable[[str], object]] = []
    required = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
    ]
    for parameter in required:
        argument = _value_maker(str(parameter.annotation))
        if parameter.name in SAMPLES and len(required) > 1:
            argument = partial(_sample, parameter.name)
        if argument is None or parameter.kind is parameter.KEYWORD_ONLY:
            raise LookupError(f"{name} needs a line in tests/checkers/text_calls.py: {inspect.signature(function)}")
        makers.append(argument)
    return makers


def _sample(name: str, _text: str) -> object:
    return SAMPLES[name]


def _value_maker(annotation: str) -> Callable[[str], object] | None:
    """The function that makes a value of a type from a text."""
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
    """The text in UTF-8, including halves of surrogate pairs."""
    return text.encode("utf-8", "surrogatepass")
