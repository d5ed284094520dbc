"""What those who look after a group see and do: reports, what is hidden, the bin, the log."""

from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.library.asides import author_of, kind_of, text_of
from kb.library.groups import allowed_in
from kb.library.moderated import Bin, Moderation, Out, Reported, bin_of, log_of, moderation_of, one_out
from kb.library.moderating import dismiss, hide, purge, remove, restore
from kb.model.group import Group
from kb.model.moderation import Aside, Flag, Taken
from kb.model.user import User
from kb.translating import Translator
from kb.web.context import Context
from kb.web.pages.acts import sentence_of
from kb.web.pages.deeds import LONGEST_SHOWN, kind_named
from kb.web.pages.forms import SearchForm
from kb.web.pages.heads import BIN, LOG, MODERATION, GroupHead, caretaking_part, form_of, head_of
from kb.web.pages.pieces import Link, beginning, title_of
from kb.web.posting import moved
from kb.web.render import render

_LONGEST_TITLE = 90


@dataclass(frozen=True, slots=True)
class CarePage:
    """What the pages of this file have in common: `views` lead from one to the other."""

    title: str
    form_token: str
    action: str
    head: GroupHead
    form: SearchForm
    views: tuple[Link, ...]
    wrong: str


@dataclass(frozen=True, slots=True)
class ThingRow:
    """One thing, with what is said of it, and the `key` that the form sends back.

    `link` leads to the item, empty where it is out of the library itself; `until` says how long it is kept; `purge`
    leads to the page that asks before it is gone for good.
    """

    key: str
    part: str
    kind: str
    text: str
    facts: str
    link: Link
    said: tuple[str, ...] = ()
    until: str = ""
    purge: str = ""


@dataclass(frozen=True, slots=True)
class ModerationPage:
    care: CarePage
    reported: tuple[ThingRow, ...]
    hidden: tuple[ThingRow, ...]


@dataclass(frozen=True, slots=True)
class BinPage:
    """`whole`: all that was removed, and not only what one removed; `keeps` says for how long."""

    care: CarePage
    removed: tuple[ThingRow, ...]
    keeps: str
    whole: bool


@dataclass(frozen=True, slots=True)
class PurgePage:
    """The question before something is gone for good."""

    title: str
    trail: tuple[Link, ...]
    form_token: str
    action: str
    thing: ThingRow
    back: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """`days` are the lines of each day, the latest first; `older` leads to those before."""

    care: CarePage
    days: tuple[tuple[str, tuple[str, ...]], ...]
    keeps: str
    older: str
    is_later: bool


def moderation_page(context: Context) -> Response:
    """Reports that wait, and what is hidden."""
    return _moderation(context)


def act_on_moderation(context: Context) -> Response:
    """Dismiss reports, hide or remove what is reported, put back what is hidden."""
    slug = context.path_params["group"]
    # Who may not even see what waits must not learn it from what is refused.
    moderation_of(context.library, context.actor, slug)
    try:
        done, undo = _moderated(context, slug)
    except (Invalid, NotFound, Conflict) as error:
        return _moderation(context, error)
    return moved(context.addresses.group(slug, MODERATION), done, undo)


def _moderated(context: Context, slug: str) -> tuple[str, str]:
    """Do it; gives what the notice says, and what it offers to undo."""
    library, actor, field = context.library, context.actor, context.field
    part = field("part") or None
    match field("act"):
        case "dismiss":
            dismiss(library, actor, slug, field("id"), part)
            return "dismissed", ""
        case "hide":
            return "hidden", hide(library, actor, field("id"), part, field("why")).id
        case "remove":
            return "removed", remove(library, actor, field("id"), part, field("why")).id
        case "restore":
            restore(library, actor, field("id"))
            return "restored", ""
        case _:
            raise Invalid("What was sent is not a form of this site.")


def bin_page(context: Context) -> Response:
    """What was removed; with `purge`, the question before one of them is gone for good."""
    asked = next((value for name, value in context.params if name == "purge"), "")
    if asked:
        return _purge(context, *one_out(context.library, context.actor, context.path_params["group"], asked))
    return _bin(context)


def act_on_bin(context: Context) -> Response:
    """Put something back, or remove it for good."""
    slug = context.path_params["group"]
    bin_of(context.library, context.actor, slug)
    try:
        done = _emptied(context)
    except (Invalid, NotFound, Conflict) as error:
        return _bin(context, error)
    return moved(context.addresses.group(slug, BIN), done)


def _emptied(context: Context) -> str:
    library, actor, field = context.library, context.actor, context.field
    match field("act"):
        case "restore":
            restore(library, actor, field("id"))
            return "restored"
        case "purge":
            purge(library, actor, field("id"))
            return "purged"
        case _:
            raise Invalid("What was sent is not a form of this site.")


def log_page(context: Context) -> Response:
    """Who did what in the group, day by day."""
    words, before = context.words, _number(context)
    log = log_of(context.library, context.actor, context.path_params["group"], before)
    lines = groupby(log.lines, lambda act: act.at[:10])
    days = tuple(
        (words.instant(day), tuple(sentence_of(act, log.people, None, words) for act in acts)) for day, acts in lines
    )
    address = context.addresses.group(log.group.slug, LOG)
    page = LogPage(
        care=_care(context, log.group, LOG),
        days=days,
        keeps=words.plural(
            "Lines are kept for %(count)s day.", "Lines are kept for %(count)s days.", context.library.settings.log_days
        ),
        older=f"{address}{'&' if '?' in address else '?'}before={log.older}" if log.older else "",
        is_later=before is not None,
    )
    return render(context, "log.html", page)


def _moderation(context: Context, error: FlorilegeError | None = None) -> Response:
    seen: Moderation = moderation_of(context.library, context.actor, context.path_params["group"])
    page = ModerationPage(
        care=_care(context, seen.group, MODERATION, error),
        reported=tuple(_reported(one, context) for one in seen.reported),
        hidden=tuple(_out(one, seen.group, context, may_purge=seen.may_purge) for one in seen.hidden),
    )
    return render(context, "moderation.html", page, _status(error))


def _bin(context: Context, error: FlorilegeError | None = None) -> Response:
    seen: Bin = bin_of(context.library, context.actor, context.path_params["group"])
    page = BinPage(
        care=_care(context, seen.group, BIN, error),
        removed=tuple(_out(one, seen.group, context, may_purge=seen.may_purge) for one in seen.removed),
        keeps=context.words.plural(
            "What is removed can be put back for %(count)s day.",
            "What is removed can be put back for %(count)s days.",
            context.library.settings.bin_days,
        ),
        whole=seen.whole,
    )
    return render(context, "bin.html", page, _status(error))


def _purge(context: Context, group: Group, one: Out) -> Response:
    words, addresses = context.words, context.addresses
    label = words.say("Remove for good")
    page = PurgePage(
        title=label,
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(words.say("Bin"), addresses.group(group.slug, BIN)),
        ),
        form_token=context.form_token,
        action=addresses.group(group.slug, BIN),
        thing=_out(one, group, context, may_purge=False),
        back=addresses.group(group.slug, BIN),
    )
    return render(context, "purge.html", page)


def _care(context: Context, group: Group, part: str, error: FlorilegeError | None = None) -> CarePage:
    words, addresses = context.words, context.addresses
    names = {MODERATION: words.say("Reports"), BIN: words.say("Bin"), LOG: words.say("Log")}
    allowed = allowed_in(context.actor, group)
    own = caretaking_part(allowed, group)
    title = words.say("Moderation") if part == MODERATION else names[part]
    head = head_of(context, group, own, below=title if part != own else "")
    seen = [MODERATION] * (own == MODERATION) + [BIN, LOG]
    views = tuple(Link(names[one], addresses.group(group.slug, one), current=one == part) for one in seen)
    return CarePage(
        title=f"{title} – {group.name}",
        form_token=context.form_token,
        action=addresses.group(group.slug, part),
        head=head,
        form=form_of(context, group),
        views=views if _sees_log(context, group) else (),
        wrong=words.sentence(error) if error else "",
    )


def _reported(one: Reported, context: Context) -> ThingRow:
    return ThingRow(
        one.item.id,
        one.part_id or "",
        _kind(one.part, context.words),
        # An item is named by its link.
        beginning(text_of(one.part), LONGEST_SHOWN) if one.part_id else "",
        _by(author_of(one.part)),
        Link(
            beginning(title_of(one.item), _LONGEST_TITLE), context.addresses.item(one.item.id, annotation=one.part_id)
        ),
        tuple(_flag(flag, user, context.words) for flag, user in one.flags),
    )


def _out(one: Out, group: Group, context: Context, *, may_purge: bool) -> ThingRow:
    words, aside = context.words, one.aside
    title = "" if one.part.item is not None else beginning(aside.title, _LONGEST_TITLE)
    bin_ = context.addresses.group(group.slug, BIN)
    return ThingRow(
        aside.id,
        "",
        _kind(one.part, words),
        beginning(text_of(one.part), LONGEST_SHOWN),
        " · ".join(fact for fact in (_by(author_of(one.part)), _taken_out(one, words)) if fact),
        Link(title, context.addresses.item(aside.item_id) if title and one.item_is_there else ""),
        (aside.why,) if aside.why else (),
        words.say("kept until %(day)s", day=words.instant(aside.expires_at)) if aside.expires_at else "",
        f"{bin_}{'&' if '?' in bin_ else '?'}purge={aside.id}" if may_purge else "",
    )


def _taken_out(one: Out, words: Translator) -> str:
    """Who took it out, and when."""
    day, name = words.instant(one.aside.at), one.by.name if one.by else ""
    match one.aside.kind, bool(name):
        case Aside.HIDDEN, True:
            return words.say("hidden by %(name)s on %(day)s", name=name, day=day)
        case Aside.HIDDEN, False:
            return words.say("hidden on %(day)s", day=day)
        case _, True:
            return words.say("removed by %(name)s on %(day)s", name=name, day=day)
        case _:
            return words.say("removed on %(day)s", day=day)


def _kind(part: Taken, words: Translator) -> str:
    return kind_named(kind_of(part), words)


def _by(author: User | None) -> str:
    return author.name if author else ""


def _flag(flag: Flag, user: User | None, words: Translator) -> str:
    name, day = user.name if user else words.say("A former member"), words.instant(flag.created_at)
    if flag.why:
        return words.say("%(name)s, on %(day)s: “%(why)s”", name=name, day=day, why=flag.why)
    return words.say("%(name)s, on %(day)s, without a word", name=name, day=day)


def _sees_log(context: Context, group: Group) -> bool:
    return caretaking_part(allowed_in(context.actor, group), group) == MODERATION or group.is_personal


def _number(context: Context) -> int | None:
    """Where the page begins: what is no number is the first page."""
    given = next((value for name, value in context.params if name == "before"), "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


def _status(error: FlorilegeError | None) -> int:
    match error:
        case None:
            return 200
        case Conflict():
            return 409
        case _:
            return 400
