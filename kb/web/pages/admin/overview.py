"""The overview of the site, for administrators: counts, pending work and problems."""

from dataclasses import dataclass

from starlette.responses import Response

from kb import __version__
from kb.errors import Invalid
from kb.indexer import IndexState, index_state
from kb.model.task_health import BackgroundState
from kb.services.admin.first_steps import AdminTasks, admin_tasks, dismiss_first_steps
from kb.services.admin.site_overview import SiteOverview, overview_of_site
from kb.services.admin.site_pages import site_page, template_values
from kb.services.background.background_tasks import read_background_state
from kb.services.background.subprocess_failures import SubprocessFailures, recent_failures
from kb.web.http.context import FeatureWeb, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.pages.admin.admin_layout import (
    OVERVIEW,
    AdminHeader,
    FirstStep,
    admin_header,
    administrators_only,
    first_step_links,
)
from kb.web.ui.markdown_rendering import fill_in_facts
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """`steps` are the first steps of a new site; `tasks` what waits for the administrator, and `pages` names and titles
    of legal pages to complete, unless they are one of these steps.
    """

    head: AdminHeader
    steps: tuple[FirstStep, ...]
    tasks: AdminTasks
    pages: tuple[tuple[str, str], ...]
    overview: SiteOverview
    index: IndexState
    background: BackgroundState
    failures: tuple[SubprocessFailures, ...]
    features: tuple[FeatureWeb, ...]
    version: str
    address: str


@administrators_only
def overview_page(context: RequestContext) -> Response:
    """The counts of everything, and the problems of the site."""
    library, settings = context.library, context.library.settings
    steps, tasks = first_step_links(context), admin_tasks(library, context.actor)
    page = OverviewPage(
        head=admin_header(context, OVERVIEW),
        steps=steps,
        tasks=tasks,
        pages=() if steps else tuple((name, _title(context, name)) for name in tasks.incomplete_pages),
        overview=overview_of_site(library, context.actor),
        index=index_state(library),
        background=read_background_state(settings.data),
        failures=recent_failures(settings.data),
        features=context.features,
        version=__version__,
        address=settings.base_url,
    )
    return render(context, "admin/overview.html", page)


def _title(context: RequestContext, name: str) -> str:
    facts = template_values(context.library.settings, context.site_name)
    return fill_in_facts(site_page(context.library, name, context.translator.language).title, facts)


@administrators_only
def handle_overview_post(context: RequestContext) -> Response:
    """Show the first steps no more, and return to the page that showed them. Raises Invalid for another form."""
    if context.form_value("act") != "dismiss":
        raise Invalid("The request is not a form of this site.")
    dismiss_first_steps(context.library, context.actor)
    onward = context.form_value("next")
    return redirect_with_flash(safe_next(onward) if onward else context.addresses.admin(), "kept")
