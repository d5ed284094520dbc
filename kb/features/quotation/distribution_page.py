"""The page that records in a ledger to how many people a press review was sent (`/lists/<id>/distribution`)."""

from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from kb.access.actor import Action
from kb.features.quotation.distributions import (
    MOST_RECIPIENTS,
    record_distribution,
    remove_distribution,
    review_articles,
)
from kb.features.quotation.records import Distribution
from kb.model.people.group import Group
from kb.services.items.item_creation import writable_groups
from kb.store.database.clock import timestamp_now
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.item_links import breadcrumb
from kb.web.ui.local_time import local_moment
from kb.web.ui.rendering import render

DISTRIBUTION = "distribution"
"""The end of the address."""


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """What is recorded: `key` and `group`, the slug, are sent back to delete it."""

    key: str
    group: str
    title: str
    facts: str


@dataclass(frozen=True, slots=True)
class DistributionPage:
    """`groups` are those whose ledger the user chooses from, `last_day` is the latest that can be recorded."""

    review: Link
    breadcrumb: tuple[Link, ...]
    articles: int
    groups: tuple[FormOption, ...]
    last_day: str
    recorded: tuple[DistributionRow, ...]
    most_recipients: int


def distribution_page(context: RequestContext) -> Response:
    """Raises NotFound, LoginNeeded, Forbidden."""
    articles = review_articles(context.library, context.actor, context.path_params["id"])
    slugs = {group.id: group for group in articles.groups}
    chosen = context.typed_value("group", articles.groups[0].slug)
    review = Link(articles.item_list.name, context.addresses.item_list(articles.item_list.id, "review"))
    page = DistributionPage(
        review,
        breadcrumb(context, review),
        len(articles.sources),
        tuple(FormOption(group.slug, group.name, selected=group.slug == chosen) for group in articles.groups),
        _today(context).isoformat(),
        tuple(distribution_row(one, slugs[one.group_id], context.translator) for one in articles.recorded),
        MOST_RECIPIENTS,
    )
    return render(context, "quotation/distribution.html", page)


@handle_form(distribution_page)
@once
def handle_distribution_post(context: RequestContext) -> Response:
    """Record that the review was sent, or delete what is recorded."""
    field, list_id = context.form_value, context.path_params["id"]
    if field("act") == "remove":
        remove_distribution(context.library, context.actor, field("group"), field("distribution"))
        return redirect_with_flash(context.addresses.item_list(list_id, DISTRIBUTION), "distribution-removed")
    record_distribution(
        context.library,
        context.actor,
        list_id,
        slug=field("group"),
        day=field("day"),
        recipients=field("recipients"),
        today=_today(context),
    )
    return redirect_with_flash(context.addresses.item_list(list_id, "review"), "distribution-recorded")


def distribution_row(one: Distribution, group: Group, translator: Translator) -> DistributionRow:
    """What is recorded, in words."""
    articles = translator.ngettext("%(count)s article", "%(count)s articles", one.articles)
    people = translator.ngettext("%(count)s recipient", "%(count)s recipients", one.recipients)
    facts = f"{translator.day(date.fromisoformat(one.day))} · {articles} · {people} · {group.name}"
    return DistributionRow(one.id, group.slug, one.title, facts)


def can_record(context: RequestContext) -> bool:
    """Whether the user may record press reviews in the ledger of some group."""
    return bool(writable_groups(context.library, context.actor, Action.PUBLISH))


def _today(context: RequestContext) -> date:
    return local_moment(context.library.settings, timestamp_now()).date()
