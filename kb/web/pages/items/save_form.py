"""The page with the save form: the values that the form shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.access.actor import Action
from kb.errors import FlorilegeError, NotFound, Unavailable
from kb.language import known_languages
from kb.model.items.item_fields import HighlightColor, ItemFields
from kb.model.people.group import Group
from kb.model.web_pages.page_fetch import Fetch
from kb.services.groups.group_views import allowed_actions
from kb.services.items.item_creation import readable_items_with_url, writable_groups
from kb.services.items.items import ItemView
from kb.services.page_fetch.page_fetch import own_fetch
from kb.services.tags.tag_suggestions import PageToTag, SuggestionReason, suggested_tags
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.pages.items.save_fields import MOST_FORM_PASSAGES, SaveFields, highlight_colors
from kb.web.pages.links.link_status import fetch_sentence
from kb.web.pages.search.saved_search_edit import group_name
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link, title_or_url, truncate
from kb.web.ui.group_choices import FormOption

_MOST_HELD = 5
"""Items of the same address that are shown."""
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class ExistingItem:
    """An item that has the address already, in `group`; `id` if the user may add to it, `here`: in the selected
    group.
    """

    link: Link
    group: str
    id: str
    here: bool


@dataclass(frozen=True, slots=True)
class SuggestedTag:
    """A suggested tag; `why` is the reason."""

    label: str
    why: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PassageField:
    """The field for a quote, and its highlight colours."""

    number: int
    quote: str
    body: str
    colors: tuple[FormOption, ...]


@dataclass(frozen=True, slots=True)
class SavePage:
    """`state` is the state of the page fetch, as `told`; `poll` is the address that a script requests while it waits.

    `looks`: a script starts the page fetch at once. `more` is shown if there is room for another highlight. `cut`: the
    quote was longer than an address can hold.
    """

    title: str
    action: str
    form_token: str
    wrong: str
    fields: ItemFields
    tags: str
    suggest: str
    once: str
    fetch: str
    state: str
    told: str
    poll: str
    looks: bool
    held: tuple[ExistingItem, ...]
    suggested_tags: tuple[SuggestedTag, ...]
    passages: tuple[PassageField, ...]
    more: bool
    groups: tuple[FormOption, ...]
    languages: tuple[FormOption, ...]
    later: bool
    cut: bool
    tools: str
    focus: str


def save_page_of(
    context: RequestContext, typed: SaveFields, error: FlorilegeError | None = None, *, focus: str = ""
) -> SavePage:
    """The form with the typed values, the items with the same address, and the suggestions."""
    words, addresses = context.words, context.addresses
    groups = writable_groups(context.library, context.actor)
    group = _chosen(context, groups, typed)
    fetch = fetch_of_form(context, typed)
    return SavePage(
        title=words.say("Keep a page"),
        action=addresses.own("keep"),
        form_token=context.form_token,
        wrong=words.sentence(error) if error else "",
        fields=typed.fields,
        tags=typed.tags,
        suggest=tag_autocomplete_address(),
        once=typed.once,
        fetch=typed.fetch if fetch else "",
        state=_state(fetch),
        told=fetch_sentence(fetch, words) if fetch else "",
        poll=addresses.own(f"keep/{fetch.id}/state") if fetch and not fetch.is_over else "",
        looks=fetch is None and error is None and _is_on_web(typed.fields.url or ""),
        held=_existing_items(context, typed, group, fetch),
        suggested_tags=_suggested_tags(context, typed, group, fetch),
        passages=tuple(
            PassageField(number, one.quote, one.body, _colors(one.color, words))
            for number, one in enumerate(typed.passages, 1)
        ),
        more=len(typed.passages) < MOST_FORM_PASSAGES,
        groups=tuple(
            FormOption(one.slug, group_name(one, words), chosen=group is not None and one.slug == group.slug)
            for one in groups
        ),
        languages=_languages(typed.fields.language or "", words),
        later=typed.later,
        cut=typed.cut,
        tools=addresses.own("keep/tools"),
        focus=focus,
    )


def fetch_of_form(context: RequestContext, typed: SaveFields) -> Fetch | None:
    """The requested page fetch; None if there is none, or if it belongs to another user or has expired."""
    if not typed.fetch or context.actor.user_id is None:
        return None
    try:
        return own_fetch(context.library, context.actor, typed.fetch)
    except NotFound:
        return None


def _chosen(context: RequestContext, groups: Sequence[Group], typed: SaveFields) -> Group | None:
    """The selected group, otherwise the last one used, otherwise the first that is not the user's own library."""
    by_slug = {one.slug: one for one in groups}
    first = next((one for one in groups if not one.is_personal), groups[0] if groups else None)
    return by_slug.get(typed.group) or by_slug.get(context.shown.group) or first


def _state(fetch: Fetch | None) -> str:
    return "" if fetch is None else "waiting" if not fetch.is_over else fetch.state.value


def _existing_items(
    context: RequestContext, typed: SaveFields, group: Group | None, fetch: Fetch | None
) -> tuple[ExistingItem, ...]:
    slug = group.slug if group else ""
    urls = [typed.fields.url]
    if fetch is not None and fetch.facts is not None:
        urls += [fetch.facts.url, fetch.facts.canonical_url]
    views: dict[str, ItemView] = {}
    for url in dict.fromkeys(filter(None, urls)):
        views |= {
            one.item.id: one for one in readable_items_with_url(context.library, context.actor, slug, url, _MOST_HELD)
        }
    return tuple(
        ExistingItem(
            Link(truncate(title_or_url(view.item), _LONGEST_TITLE), context.addresses.item(view.item.id)),
            group_name(view.group, context.words) if view.group.slug.startswith("~") else view.group.name,
            view.item.id if Action.CONTRIBUTE in allowed_actions(context.actor, view.group) else "",
            view.group.slug == slug,
        )
        for view in list(views.values())[:_MOST_HELD]
    )


def _suggested_tags(
    context: RequestContext, typed: SaveFields, group: Group | None, fetch: Fetch | None
) -> tuple[SuggestedTag, ...]:
    """Suggested tags, after those that the user has already taken from them."""
    words = context.words
    taken = tuple(SuggestedTag(label, "", chosen=True) for label in dict.fromkeys(typed.ticked))
    if group is None:
        return taken
    facts, fields = fetch.facts if fetch else None, typed.fields
    about = PageToTag(
        fields.title or (facts.title if facts else None) or "",
        fields.description or (facts.description if facts else None) or "",
        facts.text if facts else "",
        tuple(text for one in typed.passages for text in (one.quote, one.body) if text),
        facts.keywords if facts else (),
        typed.chosen,
    )
    try:
        found = suggested_tags(context.library, context.actor, group.slug, about)
    except Unavailable:
        # Suggestions need the index: without it, the form still works.
        return taken
    reasons = {
        SuggestionReason.TERM: words.say("recommended"),
        SuggestionReason.PAGE: words.say("on the page"),
        SuggestionReason.LIKE: words.say("on similar items"),
    }
    return (*taken, *(SuggestedTag(one.label, reasons[one.reason], chosen=False) for one in found))


def _colors(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    names = {
        HighlightColor.YELLOW: words.say("yellow"),
        HighlightColor.BLUE: words.say("blue"),
        HighlightColor.GREEN: words.say("green"),
        HighlightColor.PINK: words.say("pink"),
    }
    first = chosen if chosen in names else HighlightColor.YELLOW
    return tuple(FormOption(one.value, names[one], chosen=one == first) for one in highlight_colors())


def _languages(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    """The detectable languages, by name; another one stays if it was given."""
    codes = sorted(known_languages() | ({chosen} if chosen else set()), key=words.language_name)
    named = (FormOption(code, words.language_name(code), chosen=code == chosen) for code in codes)
    return (FormOption("", words.say("As the words tell"), chosen=not chosen), *named)


def _is_on_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False
