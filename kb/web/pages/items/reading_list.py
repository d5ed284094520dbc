"""One's reading list, and the buttons beside an item that put it there, or take it off."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, Invalid
from kb.model.items.item import Item
from kb.model.items.reading_list import Shelf, ToRead
from kb.model.search_request import SearchRequest
from kb.services.items.reading_list import (
    MAX_PAGE,
    PER_PAGE,
    OnList,
    have_read,
    on_list,
    read_later,
    reading_page,
    take_off,
)
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved, without_notice
from kb.web.pages.listing.result_rows import LONGEST_TITLE
from kb.web.pages.search.saved_search_edit import group_name
from kb.web.ui.fragments import Link, beginning, dated, foreign, host_of, title_of
from kb.web.ui.pager import Pager, pages_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form


@dataclass(frozen=True, slots=True)
class LaterForm:
    """What one may do about an item and one's reading list: `acts` are the values of the buttons, and their labels."""

    action: str
    form_token: str
    item: str
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LaterRow:
    """An item on one's list: `about` says where it is from, and since when it is here."""

    link: Link
    language: str | None
    about: tuple[Link, ...]
    form: LaterForm


@dataclass(frozen=True, slots=True)
class LaterPage:
    """`views` lead from one shelf to another; `empty` teaches, where there is nothing."""

    title: str
    trail: tuple[Link, ...]
    form: SearchForm
    views: tuple[Link, ...]
    wrong: str
    rows: tuple[LaterRow, ...]
    empty: str
    pager: Pager


def later_page(context: Context) -> Response:
    """One's list, or one shelf of it. Raises SignInNeeded, Invalid for a shelf or a page that cannot be."""
    asked = context.param("show") or Shelf.UNREAD
    if asked not in set(Shelf):
        raise Invalid("“%(shelf)s” is no part of a reading list: there are %(known)s.", shelf=asked[:40], known=_KNOWN)
    return _page(context, Shelf(asked))


def act_on_later(context: Context) -> Response:
    """Put an item on the list, or off it, or say that one has read it; then back to where one was."""
    library, actor, item_id = context.library, context.actor, context.form_value("id")
    try:
        match context.form_value("act"):
            case "later" | "again":
                read_later(library, actor, item_id)
                done = "to-read"
            case "read":
                have_read(library, actor, item_id)
                done = "have-read"
            case "off":
                take_off(library, actor, item_id)
                done = "not-to-read"
            case _:
                raise Invalid("What was sent is not a form of this site.")
    except Conflict as error:
        return _page(context, Shelf.UNREAD, error)
    return moved(without_notice(context.came_from) or context.addresses.later(), done)


def later_of(context: Context, item: Item) -> LaterForm | None:
    """The buttons beside an item; none for who is not signed in."""
    if context.actor.user_id is None or context.actor.read_only:
        return None
    held = on_list(context.library, context.actor, [item.id]).get(item.id)
    return _form(context, item.id, held)


def _page(context: Context, shelf: Shelf, error: Conflict | None = None) -> Response:
    words, addresses = context.words, context.addresses
    found = reading_page(context.library, context.actor, shelf, context.search_request.page)
    last = min(MAX_PAGE, max(1, -(-found.total // PER_PAGE)))
    names = (
        (Shelf.UNREAD, words.say("To read"), found.unread),
        (Shelf.READ, words.say("Read"), found.read),
        (Shelf.ALL, words.say("All of it"), found.unread + found.read),
    )
    page = LaterPage(
        title=words.say("My reading list"),
        trail=(Link(words.say("First page"), addresses.home()),),
        form=search_form(SearchRequest(), words, lang=context.choice.carried),
        views=tuple(
            Link(name, _address(context, one), words.number(count), current=one is shelf) for one, name, count in names
        ),
        wrong=words.sentence(error) if error else "",
        rows=tuple(_row(context, one) for one in found.rows),
        empty="" if found.rows else _empty(shelf, found.unread + found.read, words),
        pager=pages_of(found.page, last, lambda page: _address(context, shelf, page), words),
    )
    return render(context, "items/reading_list.html", page, 409 if error else 200)


def _address(context: Context, shelf: Shelf, page: int = 1) -> str:
    pairs = (("show", shelf.value if shelf is not Shelf.UNREAD else ""), ("page", str(page) if page > 1 else ""))
    return context.addresses.later(tuple(pair for pair in pairs if pair[1]))


def _row(context: Context, one: OnList) -> LaterRow:
    words, addresses = context.words, context.addresses
    item, group, entry = one.view.item, one.view.group, one.entry
    host = host_of(item.url)
    if entry.read_at:
        said = words.say("read on %(day)s", day=words.instant(entry.read_at))
    else:
        said = words.say("on the list since %(day)s", day=words.instant(entry.added_at))
    about = (
        Link(item.source or "", ""),
        Link(dated(item, words), ""),
        Link(group_name(group, words), addresses.group(group.slug)),
        Link(said, ""),
        Link(words.say("read on %(host)s", host=host) if host else "", addresses.go(item.id)),
    )
    return LaterRow(
        Link(beginning(title_of(item), LONGEST_TITLE), addresses.item(item.id)),
        foreign(item, words),
        tuple(part for part in about if part.label),
        _form(context, item.id, entry),
    )


def _form(context: Context, item_id: str, held: ToRead | None) -> LaterForm:
    words = context.words
    acts: tuple[tuple[str, str], ...]
    if held is None:
        acts = (("later", words.say("Read later")),)
    elif held.read_at is None:
        acts = (("read", words.say("I have read it")), ("off", words.say("Take off the list")))
    else:
        acts = (("again", words.say("Read again")), ("off", words.say("Take off the list")))
    return LaterForm(context.addresses.later(), context.form_token, item_id, acts)


def _empty(shelf: Shelf, total: int, words: Translator) -> str:
    match shelf, total:
        case _, 0:
            return words.say(
                "Your list is empty. On the page of an item, “Read later” puts it here; nobody else sees this list."
            )
        case Shelf.READ, _:
            return words.say("You have read nothing of your list yet.")
        case _:
            return words.say("You have read all of your list.")


_KNOWN = ", ".join(Shelf)
