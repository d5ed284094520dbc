"""The pages of an administrator: what stands at their head, the site at a glance, and its long lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import wraps

from starlette.responses import Response

from kb import __version__
from kb.indexer import state
from kb.model.people.account import Account
from kb.services.admin.account_administration import check_administrator, find_accounts
from kb.services.admin.site_author_links import find_authors
from kb.services.admin.site_overview import SharedGroup, SiteState, find_groups, site_state
from kb.services.core.pagination import Portion, Row
from kb.store import Contribution
from kb.translation import Translator
from kb.web.http.context import Context, Handler
from kb.web.http.listing_scope import Pairs
from kb.web.pages.accounts.account_layout import require_browser
from kb.web.pages.admin.background_warnings import background_warnings
from kb.web.ui.form_choices import visibility_name
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render

OVERVIEW, ACCOUNTS, INVITATIONS, GROUPS, AUTHORS, LOG = "", "accounts", "invitations", "groups", "authors", "log"
FORGET = "forget"
"""Below which somebody is forgotten, by their login."""
_LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True)
class AdminHead:
    """`trail` leads here from the first page; `parts` are the pages of an administrator: one may be current."""

    trail: tuple[Link, ...]
    title: str
    parts: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """`counts` lead to the lists; `facts` say how the site is, `warnings` what somebody should look at."""

    title: str
    head: AdminHead
    counts: tuple[Link, ...]
    warnings: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A long list: `rows` with what is to be known of each. `q` narrowed it, `label` says what is looked for.

    `numbers` are the pages; `empty` is said where there is nothing.
    """

    title: str
    head: AdminHead
    here: str
    hidden: Pairs
    q: str
    label: str
    summary: str
    rows: tuple[Link, ...]
    numbers: tuple[Link | None, ...]
    previous: Link | None
    following: Link | None
    empty: str


def administered(handler: Handler) -> Handler:
    """A handler that is there for administrators alone, who are signed in with a browser: a token opens none."""

    @wraps(handler)
    def run(context: Context) -> Response:
        check_administrator(context.actor)
        require_browser(context)
        return handler(context)

    return run


def admin_head(context: Context, part: str, title: str = "") -> AdminHead:
    """The head of a page; one with a `title` of its own is a page below a part."""
    words, addresses = context.words, context.addresses
    named = (
        (OVERVIEW, words.say("Overview")),
        (ACCOUNTS, words.say("Accounts")),
        (INVITATIONS, words.say("Invitations")),
        (GROUPS, words.say("Groups")),
        (AUTHORS, words.say("Imported authors")),
        (LOG, words.say("Log")),
    )
    parts = {one: Link(name, addresses.admin(one), current=one == part and not title) for one, name in named}
    trail = [Link(words.say("First page"), addresses.home())]
    if part != OVERVIEW:
        trail.append(Link(words.say("Administration"), addresses.admin()))
    if title:
        trail.append(parts[part])
    shown = title or (words.say("Administration") if part == OVERVIEW else parts[part].label)
    return AdminHead(tuple(trail), shown, tuple(parts.values()))


@administered
def overview_page(context: Context) -> Response:
    """How many of everything there are, and whether something is wrong."""
    words, addresses = context.words, context.addresses
    now, index = site_state(context.library, context.actor), state(context.library)
    head = admin_head(context, OVERVIEW)
    settings = context.library.settings
    behind = index.newest - index.indexed if index.is_ours else index.newest
    facts = (
        words.say("All that is in the library can be found.") if index.is_current else "",
        _letters(now, words),
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
            "%(count)s letter waits for the mail server, since %(day)s.",
            "%(count)s letters wait for the mail server, the oldest since %(day)s.",
            now.letters,
            day=words.instant(now.letters_since),
        )
        if now.letters_since
        else "",
        *background_warnings(context),
    )
    page = OverviewPage(
        title=head.title,
        head=head,
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


@administered
def accounts_page(context: Context) -> Response:
    """Everybody who has an account."""
    words, (q, number) = context.words, _asked(context)
    found = find_accounts(context.library, context.actor, q, number)
    rows = (
        Link(one.user.name, context.addresses.admin(ACCOUNTS, one.user.login), facts_of(one, words))
        for one in found.rows
    )
    summary = words.plural("%(count)s account", "%(count)s accounts", found.total)
    label = words.say("Login, name or address")
    return _list(context, ACCOUNTS, found, rows, summary=summary, label=label)


@administered
def groups_page(context: Context) -> Response:
    """The groups that people share; what they have for themselves is theirs."""
    words, (q, number) = context.words, _asked(context)
    found = find_groups(context.library, context.actor, q, number)
    rows = (
        Link(one.view.group.name, context.addresses.group(one.view.group.slug), _group_facts(one, words))
        for one in found.rows
    )
    summary = words.plural("%(count)s group", "%(count)s groups", found.total)
    return _list(context, GROUPS, found, rows, summary=summary, label=words.say("Name or address"))


@administered
def authors_page(context: Context) -> Response:
    """Who shared or wrote something, and has no account."""
    words, (q, number) = context.words, _asked(context)
    found = find_authors(context.library, context.actor, q, number)
    rows = (
        Link(one.user.name, context.addresses.admin(AUTHORS, one.user.login), _author_facts(one, words))
        for one in found.rows
    )
    summary = words.plural("%(count)s author without account", "%(count)s authors without account", found.total)
    return _list(context, AUTHORS, found, rows, summary=summary, label=words.say("Login or name"))


def facts_of(account: Account, words: Translator) -> str:
    """What is to be known of an account, in a line."""
    facts = (
        account.user.login,
        account.email or "",
        words.say("%(email)s (not confirmed)", email=account.unverified_email) if account.unverified_email else "",
        words.say("administrator") if account.administrator else "",
        words.say("closed") if account.closed_at else "",
        "" if account.has_password else words.say("no password"),
    )
    return " · ".join(filter(None, facts))


def did_facts(shared: int, annotated: int, words: Translator) -> str:
    """What somebody did, in a line."""
    facts = (
        words.plural("%(count)s item", "%(count)s items", shared) if shared else "",
        words.plural("%(count)s annotation", "%(count)s annotations", annotated) if annotated else "",
    )
    return " · ".join(filter(None, facts))


def _asked(context: Context) -> tuple[str, int]:
    """What is looked for, and the number of the page."""
    asked = dict(reversed(context.params))
    number = asked.get("page", "1")
    is_number = number.isascii() and number.isdigit() and len(number) < 7
    return asked.get("q", "").strip()[:_LONGEST_QUERY], int(number) if is_number else 1


def _list(
    context: Context, part: str, found: Portion[Row], rows: Iterable[Link], *, summary: str, label: str
) -> Response:
    words, (q, _) = context.words, _asked(context)
    head = admin_head(context, part)
    carried = context.choice.carried

    def at(number: int, named: str = "") -> Link:
        pairs = tuple(pair for pair in (("q", q), ("page", str(number) if number > 1 else "")) if pair[1])
        href = context.addresses.admin(part, pairs=pairs)
        return Link(named or words.number(number), href, current=not named and number == found.page)

    near = {1, found.last, *range(max(1, found.page - 2), min(found.last, found.page + 2) + 1)}
    numbers: list[Link | None] = []
    for number in sorted(near):
        if number - 1 not in near and number > 1:
            numbers.append(None)
        numbers.append(at(number))
    page = ListPage(
        title=f"{head.title} – {words.say('Administration')}",
        head=head,
        here=f"/admin/{part}",
        hidden=(("lang", carried),) if carried else (),
        q=q,
        label=label,
        summary=summary,
        rows=tuple(rows),
        numbers=tuple(numbers) if found.last > 1 else (),
        previous=at(found.page - 1, words.say("Previous")) if found.page > 1 else None,
        following=at(found.page + 1, words.say("Next")) if found.page < found.last else None,
        empty=words.say("Nothing holds these letters") if q else words.say("There is none yet"),
    )
    return render(context, "admin/admin_list.html", page)


def _of_accounts(now: SiteState, words: Translator) -> str:
    administrators = words.plural("%(count)s administrator", "%(count)s administrators", now.administrators)
    return f"{words.number(now.accounts)} · {administrators}"


def _letters(now: SiteState, words: Translator) -> str:
    if not now.sends:
        return words.say("No mail server is set: links are copied and passed on by hand.")
    return "" if now.letters else words.say("All letters are sent.")


def _group_facts(one: SharedGroup, words: Translator) -> str:
    group = one.view.group
    facts = (
        words.say("seen by: %(who)s", who=visibility_name(group.visible, words)),
        words.plural("%(count)s member", "%(count)s members", one.members),
        words.plural("%(count)s item", "%(count)s items", one.view.items),
        "" if one.owned else words.say("no owner"),
    )
    return " · ".join(filter(None, facts))


def _author_facts(one: Contribution, words: Translator) -> str:
    return " · ".join((one.user.login, did_facts(one.shared, one.annotated, words)))
