"""Bringing a file into a group: it is sent, what it would do is shown, and then it is done, behind."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Conflict, FlorilegeError, Invalid
from kb.formats.import_formats import AUTO, FORMATS
from kb.model.items.import_draft import Remark
from kb.model.items.import_job import AT_WORK, Counted, Intake, IntakeState
from kb.services.groups.groups import require_in_group
from kb.services.imports.import_jobs import (
    LARGEST_FILE,
    IntakeView,
    bring_in,
    give_up,
    intake_of,
    intakes_of,
    send_file,
)
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.listing_scope import Place
from kb.web.ui.form_choices import Alternative
from kb.web.ui.fragments import Link
from kb.web.ui.group_header import IMPORT, LIBRARY, GroupHead, form_of, head_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm

LARGEST_FORM = LARGEST_FILE + (1 << 20)
"""Bytes: a file somewhat larger than is read gets a sentence of its own."""


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The form that sends a file, and the files that one has sent; `limit` is in MiB.

    `quota` says what one may still send and import.
    """

    title: str
    head: GroupHead
    form: SearchForm
    form_token: str
    action: str
    wrong: str
    limit: int
    formats: tuple[Alternative, ...]
    mine: str
    sent: tuple[Link, ...]
    quota: str


@dataclass(frozen=True, slots=True)
class IntakePage:
    """One file. `at_work`: something goes on, and the page looks again by itself where a script may.

    `share` is how much is done, in hundredths, None where nobody knows. `counts` are what it would do, or did.
    `undo` is where what it did is undone, if it can be.
    """

    title: str
    head: GroupHead
    form: SearchForm
    form_token: str
    action: str
    wrong: str
    name: str
    state: str
    at_work: bool
    share: int | None
    counts: tuple[str, ...]
    first: tuple[str, ...]
    remarks: tuple[str, ...]
    more: str
    may_bring: bool
    may_forget: bool
    again: str
    library: str
    undo: str


def import_page(context: Context) -> Response:
    """The form that sends a file."""
    return _form(context)


def check_importer(context: Context) -> None:
    """Raise NotFound, SignInNeeded or Refused unless the user may import files into the group of the address."""
    require_in_group(context.library, context.actor, Action.IMPORT, context.path_params["group"])


def send(context: Context) -> Response:
    """Keep the file, and go where one sees what it would do."""
    sent = context.file("file")
    try:
        intake = send_file(
            context.library,
            context.actor,
            context.path_params["group"],
            sent.name if sent else "",
            sent.pieces() if sent else (),
            form=context.form_value("format") or AUTO,
            mine=context.form_value("mine"),
        )
    except (Invalid, Conflict) as error:
        return _form(context, error)
    return moved(context.addresses.intake(intake.id))


def intake_page(context: Context) -> Response:
    """How far a file is."""
    return _intake(context, intake_of(context.library, context.actor, context.path_params["id"]))


def act_on_intake(context: Context) -> Response:
    """Bring it in, or forget it."""
    library, actor, intake_id = context.library, context.actor, context.path_params["id"]
    try:
        match context.form_value("act"):
            case "bring":
                bring_in(library, actor, intake_id)
                return moved(context.addresses.intake(intake_id))
            case "forget":
                done = intake_of(library, actor, intake_id).intake.state is IntakeState.DONE
                group = give_up(library, actor, intake_id)
                return moved(context.addresses.group(group.slug, IMPORT), "" if done else "intake-forgotten")
            case _:
                raise Invalid("What was sent is not a form of this site.")  # noqa: TRY301 - told on the page
    except (Invalid, Conflict) as error:
        return _intake(context, intake_of(library, actor, intake_id), error)


def _form(context: Context, error: FlorilegeError | None = None) -> Response:
    words = context.words
    files = intakes_of(context.library, context.actor, context.path_params["group"])
    group, quota = files.group, files.quota
    title = words.say("Import a file")
    chosen = context.form_value("format") or AUTO
    page = ImportPage(
        title=f"{title} – {group.name}",
        head=head_of(context, group, LIBRARY, below=title),
        form=form_of(context, group),
        form_token=context.form_token,
        action=context.addresses.group(group.slug, IMPORT),
        wrong=words.sentence(error) if error else "",
        limit=LARGEST_FILE >> 20,
        formats=tuple(
            Alternative(one, name, chosen=one == chosen)
            for one, name in (
                (AUTO, words.say("As the file looks")),
                *((form, _format_named(form, words)) for form in FORMATS),
            )
        ),
        mine=context.form_value("mine"),
        sent=tuple(
            Link(one.name or words.say("File without name"), context.addresses.intake(one.id), _state(one, words))
            for one in files.files
        ),
        quota=words.say(
            "You may still send %(files)s files of %(size)s MiB together, and import %(items)s items today. A preview"
            " is forgotten after an hour.",
            files=words.number(quota.files),
            size=words.number(quota.bytes >> 20),
            items=words.number(quota.items),
        ),
    )
    return render(
        context, "imports/import_form.html", page, 409 if isinstance(error, Conflict) else 400 if error else 200
    )


def _format_named(form: str, words: Translator) -> str:
    match form:
        case "jsonl":
            return words.say("JSON Lines, as “kb export” writes it")
        case "saved-page":
            return words.say("A page of a group library of Diigo, saved as text")
        case _:
            return form


def _intake(context: Context, view: IntakeView, error: FlorilegeError | None = None) -> Response:
    words, intake, group = context.words, view.intake, view.group
    report, state = intake.report, intake.state
    title = intake.name or words.say("File without name")
    page = IntakePage(
        title=f"{title} – {group.name}",
        head=head_of(context, group, LIBRARY, below=words.say("Import a file")),
        form=form_of(context, group),
        form_token=context.form_token,
        action=context.addresses.intake(intake.id),
        wrong=words.sentence(error) if error else "",
        name=title,
        state=_state(intake, words),
        at_work=state in AT_WORK,
        share=_share(intake),
        counts=_counts(report, words, done=state is not IntakeState.SHOWN) if state not in AT_WORK else (),
        first=report.titles if state is IntakeState.SHOWN else (),
        remarks=tuple(_remark(one, words) for one in report.remarks) if state not in AT_WORK else (),
        more=words.plural("%(count)s more remark", "%(count)s more remarks", report.more) if report.more else "",
        may_bring=state is IntakeState.SHOWN and report.added + report.updated > 0,
        may_forget=state is not IntakeState.WANTED,
        again=context.addresses.group(group.slug, IMPORT),
        library=Place(group.slug).path if state is IntakeState.DONE else "",
        undo=context.addresses.restore(report.undo) if view.can_undo and report.undo else "",
    )
    return render(
        context, "imports/import_job.html", page, 409 if isinstance(error, Conflict) else 400 if error else 200
    )


def _share(intake: Intake) -> int | None:
    if intake.state is not IntakeState.WANTED or not intake.total:
        return None
    return min(100, 100 * intake.done // intake.total)


def _state(intake: Intake, words: Translator) -> str:
    match intake.state:
        case IntakeState.SENT:
            return words.say("The file is being read.")
        case IntakeState.SHOWN:
            return words.say("Nothing is brought in yet: this is what it would do.")
        case IntakeState.WANTED:
            return words.say(
                "Being brought in: %(done)s of %(total)s.",
                done=words.number(intake.done),
                total=words.number(intake.total or 0),
            )
        case IntakeState.DONE:
            return words.say("It is brought in.")
        case IntakeState.FAILED:
            failure = intake.report.failure
            return words.say(failure.message, **failure.values) if failure else words.say("It could not be read.")


def _counts(report: Counted, words: Translator, *, done: bool) -> tuple[str, ...]:
    if not report.read:
        return ()
    plural = words.plural
    return (
        plural("%(count)s record read", "%(count)s records read", report.read),
        *(
            (
                plural("%(count)s item added", "%(count)s items added", report.added),
                plural("%(count)s item completed", "%(count)s items completed", report.updated),
            )
            if done
            else (
                plural("%(count)s new item", "%(count)s new items", report.added),
                plural("%(count)s item to complete", "%(count)s items to complete", report.updated),
            )
        ),
        plural("%(count)s there already", "%(count)s there already", report.unchanged),
        plural("%(count)s passed over", "%(count)s passed over", report.skipped),
    )


def _remark(one: Remark, words: Translator) -> str:
    why = words.say(one.message, **one.values) if one.message else one.why
    place = words.say("line %(number)s", number=str(one.line)) if one.line is not None else one.item
    return f"{place}{words.say(':')} {why}" if place else why
