"""The administration pages: their header, the overview of the site, and its long lists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import wraps

from starlette.responses import Response

from kb import __version__
from kb.errors import Invalid
from kb.indexer import index_state
from kb.model.people.account import Account
from kb.services.admin.account_administration import find_accounts, require_visible_administration
from kb.services.admin.first_steps import dismiss_first_steps
from kb.services.admin.site_overview import SharedGroupView, SiteOverview, find_shared_groups, overview_of_site
from kb.services.background.background_tasks import read_background_state
from kb.services.core.pagination import PaginatedRows, Row
from kb.services.groups.author_links import find_imported_authors
from kb.store import Contribution
from kb.translation import Translator
from kb.web.http.context import Handler, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.pages.accounts.account_layout import require_browser
from kb.web.pages.admin.admin_tasks import SITE, FirstStep, first_step_links, task_links
from kb.web.pages.groups.group_deletion import deleted_group_links
from kb.web.ui.display_text import Link, archived_mark, facts_line
from kb.web.ui.form_options import visibility_name
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

OVERVIEW, ACCOUNTS, INVITATIONS, GROUPS, AUTHORS, SITE_LOG = "", "accounts", "invitations", "groups", "authors", "log"
SITE_REPORT = "report"
ERASURE = "forget"
"""The prefix of the erasure pages; the person's login follows."""
_LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class AdminHeader:
    """`breadcrumb` leads here from the home page; `parts` are the administration pages, one of which may be current.

    `page_title` is that of the browser's window.
    """

    breadcrumb: tuple[Link, ...]
    title: str
    page_title: str
    parts: tuple[Link, ...]


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


@dataclass(frozen=True, slots=True)
class AdminListPage:
    """A long list: `rows` with facts about each. `q` is the filter, `label` the label of its field; `empty` is the text
    of an empty list, `new` the link that adds to the list.
    """

    head: AdminHeader
    q: str
    label: str
    summary: str
    rows: tuple[Link, ...]
    pager: Pager
    empty: str
    new: Link | None


def administrators_only(handler: Handler) -> Handler:
    """A handler for administrators only, logged in with a browser: no token gives access."""

    @wraps(handler)
    def run(context: RequestContext) -> Response:
        require_visible_administration(context.actor)
        require_browser(context)
        return handler(context)

    return run


def admin_header(context: RequestContext, part: str, title: str = "") -> AdminHeader:
    """The header of a page; a page with a `title` of its own is below a part."""
    words, addresses = context.words, context.addresses
    named = (
        (OVERVIEW, words.say("Overview")),
        (ACCOUNTS, words.say("Accounts")),
        (INVITATIONS, words.say("Invitations")),
        (GROUPS, words.say("Groups")),
        (AUTHORS, words.say("Imported authors")),
        (SITE_REPORT, words.say("Activity report")),
        (SITE, words.say("The site")),
        (SITE_LOG, words.say("Log")),
    )
    parts = {key: Link(name, addresses.admin(key), current=key == part and not title) for key, name in named}
    home, administration = Link(words.say("Home"), addresses.home()), words.say("Administration")
    if part == OVERVIEW:
        return AdminHeader((home,), administration, administration, tuple(parts.values()))
    shown = title or parts[part].label
    breadcrumb = (home, Link(administration, addresses.admin()), *((parts[part],) if title else ()))
    return AdminHeader(breadcrumb, shown, f"{shown} – {administration}", tuple(parts.values()))


@administrators_only
def overview_page(context: RequestContext) -> Response:
    """The counts of everything, and the problems of the site."""
    words, addresses = context.words, context.addresses
    now, index = overview_of_site(context.library, context.actor), index_state(context.library)
    settings = context.library.settings
    behind = index.newest - index.indexed if index.is_ours else index.newest
    facts = (
        words.say("All that is in the library can be found.") if index.is_current else "",
        _email_facts(now, words),
        words.say("Florilège %(version)s, at %(address)s", version=__version__, address=settings.base_url),
    )
    warnings = (
        ""
        if index.is_current
        else words.plural(
            "The index is %(count)s change behind: it catches up by itself while the site is served.",
            "The index is %(count)s changes behind: it catches up by itself while the site is served.",
            behind,
        ),
        words.plural(
            "%(count)s item cannot be indexed, and is in no search: “kb index check” tells which.",
            "%(count)s items cannot be indexed, and are in no search: “kb index check” tells which.",
            now.refused,
        )
        if now.refused
        else "",
        words.plural(
            "%(count)s e-mail waits for the mail server, since %(day)s.",
            "%(count)s e-mails wait for the mail server, the oldest since %(day)s.",
            now.unsent_messages,
            day=words.instant(now.oldest_message_at),
        )
        if now.oldest_message_at
        else "",
        *_background_task_warnings(context),
    )
    page = OverviewPage(
        head=admin_header(context, OVERVIEW),
        steps=first_step_links(context),
        tasks=task_links(context),
        counts=(
            Link(words.say("Accounts"), addresses.admin(ACCOUNTS), _of_accounts(now, words)),
            Link(words.say("Invitations"), addresses.admin(INVITATIONS), words.number(now.invitations)),
            Link(words.say("Groups"), addresses.admin(GROUPS), words.number(now.groups)),
            Link(words.say("Imported authors"), addresses.admin(AUTHORS), words.number(now.imported)),
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


@administrators_only
def accounts_page(context: RequestContext) -> Response:
    words, (q, number) = context.words, _query_and_page(context)
    paginated_rows = find_accounts(context.library, context.actor, q, number)
    rows = (
        Link(row.user.name, context.addresses.admin(ACCOUNTS, row.user.login), account_facts(row, words))
        for row in paginated_rows.rows
    )
    summary = words.plural("%(count)s account", "%(count)s accounts", paginated_rows.total)
    label = words.say("Login, name or address")
    return _list_response(context, ACCOUNTS, paginated_rows, rows, summary=summary, label=label)


@administrators_only
def groups_page(context: RequestContext) -> Response:
    """The shared groups, first those that are deleted and can be restored; users' own libraries are private."""
    words, (q, number) = context.words, _query_and_page(context)
    paginated_rows = find_shared_groups(context.library, context.actor, q, number)
    rows = (
        *(deleted_group_links(context) if number == 1 and not q else ()),
        *(
            Link(row.view.group.name, context.addresses.group(row.view.group.slug), _group_facts(row, words))
            for row in paginated_rows.rows
        ),
    )
    summary = words.plural("%(count)s group", "%(count)s groups", paginated_rows.total)
    return _list_response(context, GROUPS, paginated_rows, rows, summary=summary, label=words.say("Name or address"))


@administrators_only
def authors_page(context: RequestContext) -> Response:
    """The imported authors, who have no account."""
    words, (q, number) = context.words, _query_and_page(context)
    paginated_rows = find_imported_authors(context.library, context.actor, q, number)
    rows = (
        Link(row.user.name, context.addresses.admin(AUTHORS, row.user.login), _author_facts(row, words))
        for row in paginated_rows.rows
    )
    summary = words.plural(
        "%(count)s author without account", "%(count)s authors without account", paginated_rows.total
    )
    return _list_response(context, AUTHORS, paginated_rows, rows, summary=summary, label=words.say("Login or name"))


def account_facts(account: Account, words: Translator) -> str:
    """The facts about an account, in a line."""
    return facts_line(
        account.user.login,
        account.email or "",
        words.say("%(email)s (not confirmed)", email=account.unverified_email) if account.unverified_email else "",
        words.say("administrator") if account.administrator else "",
        words.say("closed") if account.closed_at else "",
        "" if account.has_password else words.say("no password"),
    )


def activity_facts(shared: int, annotated: int, words: Translator) -> str:
    """The contributions of a user, in a line."""
    return facts_line(
        words.plural("%(count)s item", "%(count)s items", shared) if shared else "",
        words.plural("%(count)s annotation", "%(count)s annotations", annotated) if annotated else "",
    )


def _query_and_page(context: RequestContext) -> tuple[str, int]:
    """The filter, and the number of the page."""
    return context.param("q").strip()[:_LONGEST_QUERY], requested_page(context.param("page"))


def _list_response(
    context: RequestContext,
    part: str,
    paginated_rows: PaginatedRows[Row],
    rows: Iterable[Link],
    *,
    summary: str,
    label: str,
) -> Response:
    words, (q, _) = context.words, _query_and_page(context)

    def address(number: int) -> str:
        pairs = (("q", q), ("page", str(number) if number > 1 else ""))
        return context.addresses.admin(part, pairs=tuple(pair for pair in pairs if pair[1]))

    page = AdminListPage(
        head=admin_header(context, part),
        q=q,
        label=label,
        summary=summary,
        rows=tuple(rows),
        pager=list_pager(paginated_rows.page, paginated_rows.last, address, words),
        empty=words.say("Nothing contains these letters") if q else words.say("There is none yet"),
        new=Link(words.say("Create a group"), context.addresses.own("groups/new")) if part == GROUPS else None,
    )
    return render(context, "admin/admin_list.html", page)


def _background_task_warnings(context: RequestContext) -> Iterator[str]:
    """A sentence for each background task that failed a short time ago."""
    words, background = context.words, read_background_state(context.library.settings.data)
    names = {
        "index": words.say("search index"),
        "email": words.say("e-mail"),
        "expired-data": words.say("deletion of expired data"),
        "imports": words.say("imports"),
        "page-fetches": words.say("page fetches"),
        "link-check": words.say("link check"),
        "harvest-dates": words.say("dates of harvested records"),
        "index-comparison": words.say("comparison of the index with the database"),
    }
    if not background.is_running:
        yield words.say("No background process is running: e-mail, imports and page fetches wait for “kb serve”.")
    for task_state in background.failing:
        yield words.say(
            "A background task has been failing since %(day)s, and is started again and again: %(name)s (%(error)s).",
            name=names.get(task_state.name, task_state.name),
            day=words.instant(task_state.failing_since or ""),
            error=task_state.error or "",
        )


def _of_accounts(now: SiteOverview, words: Translator) -> str:
    administrators = words.plural("%(count)s administrator", "%(count)s administrators", now.administrators)
    return f"{words.number(now.accounts)} · {administrators}"


def _email_facts(now: SiteOverview, words: Translator) -> str:
    if not now.sends_email:
        return words.say("No mail server is set (KB_MAIL_URL): links are copied and passed on by hand.")
    return "" if now.unsent_messages else words.say("All e-mail is sent.")


def _group_facts(shared_group_view: SharedGroupView, words: Translator) -> str:
    group = shared_group_view.view.group
    return facts_line(
        archived_mark(group, words),
        words.say("seen by: %(who)s", who=visibility_name(group.visible, words)),
        words.plural("%(count)s member", "%(count)s members", shared_group_view.members),
        words.plural("%(count)s item", "%(count)s items", shared_group_view.view.items),
        "" if shared_group_view.has_owner else words.say("no owner"),
    )


def _author_facts(contribution: Contribution, words: Translator) -> str:
    return " · ".join((contribution.user.login, activity_facts(contribution.shared, contribution.annotated, words)))
