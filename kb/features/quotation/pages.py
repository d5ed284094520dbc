"""The page of the right of quotation of a group (`/g/<group>/quotation`), for its owners."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.features.quotation.source_rules import rules_of_group, set_rule
from kb.model.quotation_rule import EVERYTHING, LINK_ONLY, LONGEST_LIMIT, LONGEST_SOURCE, SHORTEST_LIMIT, QuotationRule
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import GroupHeader, header_of_group
from kb.web.ui.rendering import render

QUOTATION = "quotation"
"""The end of the address."""
_QUOTES = "quotes"
_USUAL_LIMIT = 250


@dataclass(frozen=True, slots=True)
class QuotationPage:
    """`rows` are the sources with a rule, each with the words of the rule; an empty source is for all others."""

    head: GroupHeader
    default: str
    rows: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    kinds: tuple[FormOption, ...]
    longest_source: int
    limits: tuple[int, int, int]


def quotation_page(context: RequestContext) -> Response:
    """The rules of the sources of a group, and the form for one. Raises NotFound, LoginNeeded, Forbidden."""
    known = rules_of_group(context.library, context.actor, context.path_params["group"])
    translator = context.translator
    chosen = context.typed_value("kind", LINK_ONLY)
    kinds = {
        LINK_ONLY: translator.gettext("Title and link only"),
        _QUOTES: translator.gettext("Short quotations"),
        EVERYTHING: translator.gettext("Everything (by licence)"),
    }
    page = QuotationPage(
        head=header_of_group(context, known.group, QUOTATION),
        default=rule_words(known.default, translator),
        rows=tuple((source, rule_words(rule, translator)) for source, rule in known.rules),
        sources=known.sources,
        kinds=tuple(FormOption(value, label, selected=value == chosen) for value, label in kinds.items()),
        longest_source=LONGEST_SOURCE,
        limits=(SHORTEST_LIMIT, _USUAL_LIMIT, LONGEST_LIMIT),
    )
    return render(context, "quotation/quotation.html", page)


@handle_form(quotation_page)
def handle_quotation_post(context: RequestContext) -> Response:
    """Set or delete the rule of a source."""
    slug, field = context.path_params["group"], context.form_value
    kind = field("kind")
    rule = "" if field("act") == "remove" else field("longest").strip() or "-" if kind == _QUOTES else kind or "-"
    set_rule(context.library, context.actor, slug, field("source"), rule)
    return redirect_with_flash(context.addresses.group(slug, QUOTATION), "kept")


def rule_words(rule: QuotationRule, translator: Translator) -> str:
    """What a rule allows."""
    if rule.longest is None:
        return translator.gettext("Everything")
    if not rule.longest:
        return translator.gettext("Title and link only")
    return translator.gettext("Quotations of at most %(count)s characters", count=rule.longest)
