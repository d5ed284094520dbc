"""Page objects through their templates, in the frame that surrounds every page."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import HTMLResponse

from kb.services.admin.site_pages import brought_titles, facts_of, site_titles
from kb.services.mentions.mentions import unread_mentions
from kb.translation import LANGUAGES
from kb.web.http.context import Context
from kb.web.http.flash_messages import UNDONE, notice_of
from kb.web.http.page_urls import with_language, with_query
from kb.web.http.static_files import integrities
from kb.web.ui.markdown_rendering import with_facts
from kb.web.ui.template_environment import environment_of

_NAMES = {"fr": "Français", "en": "English"}
AVAILABLE = {"fr": "Cette page existe aussi en français.", "en": "This page is also available in English."}
"""Said in the language that is offered, whatever the language of the page."""


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    code: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class FootLink:
    """A page of the site itself; `language` is that of its title when it is not the page's."""

    label: str
    href: str
    language: str


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Where one signs in; or what is one's own, then `hint` says so before the name."""

    label: str
    href: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page. `suggesting` is the script of the search box, `citing` that of pages that cite,
    `tagging` that of fields for tags, `keeping` that of the form that keeps a page, to which `keep` leads, for who is
    signed in.
    `writing` that of pages on which one writes. `mentions` leads to those that one has not seen, if there are any.

    `suggestion` offers, in its own language, a page that the browser would prefer. `administration` leads there, for
    an administrator, and `later` to the reading list of who is signed in. `undo` is where what the notice says is
    undone, with the `form_token`. `integrity` says what each script must be, by the name of its file.
    """

    language: str
    site_name: str
    home: str
    search: str
    carried: str | None
    style: str
    script: str
    suggesting: str
    citing: str
    tagging: str
    keeping: str
    writing: str
    icon: str
    languages: tuple[OtherLanguage, ...]
    suggestion: tuple[OtherLanguage, str] | None
    foot: tuple[FootLink, ...]
    forms: str
    account: AccountLink
    administration: str
    later: str
    keep: str
    notice: str
    integrity: Mapping[str, str]
    undo: str = ""
    form_token: str = ""
    following: str = ""
    mentions: AccountLink | None = None


def render(context: Context, template: str, page: object, status: int = 200) -> HTMLResponse:
    """A page object through its template. What depends on the reader is never kept by a shared cache."""
    text = (
        environment_of(context.choice.language).get_template(template).render(page=page, frame=_frame(context, status))
    )
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Accept-Language, Cookie"}
    return HTMLResponse(text, status, headers=headers)


def fragment(language: str, template: str, page: object) -> str:
    """A piece of HTML that stands alone, outside our pages."""
    return environment_of(language).get_template(template).render(page=page)


def _frame(context: Context, status: int) -> Frame:
    choice, addresses = context.choice, context.addresses
    others = tuple(
        OtherLanguage(code, _NAMES[code], with_language(context.path, context.params, code))
        for code in LANGUAGES
        if code != choice.language
    )
    offered = next((other for other in others if other.code == choice.suggested), None)
    return Frame(
        language=choice.language,
        site_name=context.library.settings.site_name,
        home=addresses.home(),
        search="/search",
        carried=choice.carried,
        style=addresses.static("kb.css"),
        script=addresses.static("kb.js"),
        suggesting=addresses.static("suggest.js"),
        citing=addresses.static("cite.js"),
        tagging=addresses.static("tags.js"),
        keeping=addresses.static("keep.js"),
        writing=addresses.static("writing.js"),
        icon=addresses.static("favicon.svg"),
        languages=others,
        suggestion=(offered, AVAILABLE[offered.code]) if offered else None,
        foot=_foot(context, status),
        forms=addresses.static("forms.css"),
        account=_account(context),
        keep=addresses.keep() if context.actor.user_id is not None else "",
        administration=addresses.admin() if context.actor.administrator else "",
        later=addresses.later() if context.actor.user_id else "",
        notice=notice_of(context.param("done"), context.words),
        integrity=integrities(),
        undo=_undo(context),
        form_token=context.form_token,
        following=addresses.static("follow.js"),
        mentions=_mentions(context, status),
    )


def _account(context: Context) -> AccountLink:
    """Where one signs in, or what is one's own."""
    actor, words, addresses = context.actor, context.words, context.addresses
    if actor.user_id is not None:
        return AccountLink(actor.name, addresses.own("account"), words.say("My account"))
    here = "" if context.path == "/login" else with_query(context.path, context.params)
    return AccountLink(words.say("Sign in"), addresses.login(here))


def _mentions(context: Context, status: int) -> AccountLink | None:
    """Where one reads in what one was mentioned, while something of it is new. A page that fails asks nothing."""
    if context.actor.user_id is None or status >= 500:
        return None
    count = unread_mentions(context.library, context.actor)
    if not count:
        return None
    label = context.words.plural("%(count)s mention", "%(count)s mentions", count)
    return AccountLink(label, context.addresses.own("mentions"))


def _undo(context: Context) -> str:
    """Where what was just done is undone, for who did it."""
    undo = context.param("undo")
    if not undo or context.actor.user_id is None or context.param("done") not in UNDONE:
        return ""
    return context.addresses.restore(undo)


def _foot(context: Context, status: int) -> tuple[FootLink, ...]:
    """The pages of the site itself, by their titles. A page that says that the base fails does not ask it again."""
    language, facts = context.choice.language, facts_of(context.library.settings)
    pages = brought_titles(language) if status >= 500 else site_titles(context.library, language)
    return tuple(
        FootLink(
            with_facts(page.title, facts),
            context.addresses.site_page(page.name),
            page.language if page.language != language else "",
        )
        for page in pages
    )
