"""The overview of the site, for administrators: counts, pending work and problems."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from kb import __version__
from kb.errors import Invalid
from kb.indexer import index_state
from kb.services.admin.first_steps import dismiss_first_steps
from kb.services.admin.site_overview import SiteOverview, overview_of_site
from kb.services.background.background_tasks import read_background_state
from kb.services.background.subprocess_failures import recent_failures
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.pages.admin.admin_layout import (
    ACCOUNTS,
    AUTHORS,
    GROUPS,
    INVITATIONS,
    OVERVIEW,
    AdminHeader,
    admin_header,
    administrators_only,
)
from kb.web.pages.admin.admin_tasks import FirstStep, first_step_links, task_links
from kb.web.ui.display_text import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """`steps` are the first steps of a new site, `tasks` what waits for the administrator. `counts` link to the lists;
    `facts` describe the site, `warnings` are problems.
    """

    head: AdminHeader
    steps: tuple[FirstStep, ...]
    tasks: tuple[Link, ...]
    counts: tuple[Link, ...]
    warnings: tuple[str, ...]
    facts: tuple[str, ...]


@administrators_only
def overview_page(context: RequestContext) -> Response:
    """The counts of everything, and the problems of the site."""
    translator, addresses = context.translator, context.addresses
    _ = translator.gettext
    now, index = overview_of_site(context.library, context.actor), index_state(context.library)
    settings = context.library.settings
    behind = index.newest - index.indexed if index.is_ours else index.newest
    facts = (
        _("All that is in the library can be found.") if index.is_current else "",
        _email_facts(now, translator),
        _("Florilège %(version)s, at %(address)s", version=__version__, address=settings.base_url),
        _(
            "Features that are on (setting KB_FEATURES): %(names)s",
            names=", ".join(f"{_(feature.label)} ({feature.name})" for feature in context.features),
        )
        if context.features
        else _("No feature is on (setting KB_FEATURES)."),
    )
    warnings = (
        ""
        if index.is_current
        else translator.ngettext(
            "The index is %(count)s change behind: it catches up by itself while the site is served.",
            "The index is %(count)s changes behind: it catches up by itself while the site is served.",
            behind,
        ),
        translator.ngettext(
            "%(count)s item cannot be indexed, and is in no search: “kb index check” tells which.",
            "%(count)s items cannot be indexed, and are in no search: “kb index check” tells which.",
            now.refused,
        )
        if now.refused
        else "",
        translator.ngettext(
            "%(count)s e-mail waits for the mail server, since %(day)s.",
            "%(count)s e-mails wait for the mail server, the oldest since %(day)s.",
            now.unsent_messages,
            day=translator.instant(now.oldest_message_at),
        )
        if now.oldest_message_at
        else "",
        translator.ngettext(
            "%(count)s e-mail of the last 30 days was not delivered: the mail server refused it, or could not be "
            "reached.",
            "%(count)s e-mails of the last 30 days were not delivered: the mail server refused them, or could not be "
            "reached.",
            now.failed_messages,
        )
        if now.failed_messages
        else "",
        *(
            _(
                "The database has tables of “%(name)s”, which is not installed: no person can be erased meanwhile."
                " “kb migrate --drop %(name)s” deletes them.",
                name=name,
            )
            for name in now.removed_features
        ),
        *_background_task_warnings(context),
        *_subprocess_warnings(context),
    )
    page = OverviewPage(
        head=admin_header(context, OVERVIEW),
        steps=(steps := first_step_links(context)),
        tasks=task_links(context, with_pages=not steps),
        counts=(
            Link(_("Accounts"), addresses.admin(ACCOUNTS), _of_accounts(now, translator)),
            Link(_("Invitations"), addresses.admin(INVITATIONS), translator.number(now.invitations)),
            Link(_("Groups"), addresses.admin(GROUPS), translator.number(now.groups)),
            Link(_("Imported authors"), addresses.admin(AUTHORS), translator.number(now.imported)),
        ),
        warnings=tuple(filter(None, warnings)),
        facts=tuple(filter(None, facts)),
    )
    return render(context, "admin/overview.html", page)


@administrators_only
def handle_overview_post(context: RequestContext) -> Response:
    """Show the first steps no more, and return to the page that showed them. Raises Invalid for another form."""
    if context.form_value("act") != "dismiss":
        raise Invalid("The request is not a form of this site.")
    dismiss_first_steps(context.library, context.actor)
    onward = context.form_value("next")
    return redirect_with_flash(safe_next(onward) if onward else context.addresses.admin(), "kept")


def _background_task_warnings(context: RequestContext) -> Iterator[str]:
    """A sentence for each background task that failed a short time ago."""
    translator, background = context.translator, read_background_state(context.library.settings.data)
    _ = translator.gettext
    if not background.is_running:
        yield _("No background process is running: e-mail, imports and page fetches wait for “kb serve”.")
    for task_state in background.failing:
        yield _(
            "A background task has been failing since %(day)s, and is started again and again: %(name)s (%(error)s).",
            name=_(task_state.label),
            day=translator.instant(task_state.failing_since or ""),
            error=task_state.error or "",
        )


def _subprocess_warnings(context: RequestContext) -> Iterator[str]:
    """A sentence for each kind of file that could not be read a short time ago, because of a fault of the site."""
    translator = context.translator
    _ = translator.gettext
    names = {
        "kb.extraction.html_facts": _("pages of other sites"),
        "kb.extraction.pdf_facts": _("PDF files of other sites"),
        "kb.extraction.saved_page_facts": _("pages sent by browsers"),
        "kb.extraction.file_facts": _("uploaded files"),
        "kb.formats.import_subprocess": _("files to import"),
        "kb.formats.skos.sandbox": _("thesauri"),
        "kb.images.logo_reader": _("the logo"),
        "kb.press_review.document_writer": _("documents of press reviews"),
    }
    for failures in recent_failures(context.library.settings.data):
        yield translator.ngettext(
            "On %(first)s the site failed %(count)s time with %(name)s, because of a fault of its own (%(error)s):"
            " its log has the details.",
            "Since %(first)s the site has failed %(count)s times with %(name)s, because of a fault of its own"
            " (%(error)s): its log has the details.",
            failures.count,
            first=translator.instant(failures.first),
            name=names.get(failures.module, failures.module),
            error=failures.error,
        )


def _of_accounts(now: SiteOverview, translator: Translator) -> str:
    administrators = translator.ngettext("%(count)s administrator", "%(count)s administrators", now.administrators)
    return f"{translator.number(now.accounts)} ({administrators})"


def _email_facts(now: SiteOverview, translator: Translator) -> str:
    if not now.sends_email:
        return translator.gettext("No mail server is set (KB_MAIL_URL): links are copied and passed on by hand.")
    return "" if now.unsent_messages or now.failed_messages else translator.gettext("All e-mail is sent.")
