"""Files brought in by the browser: kept, read through to show what they would do, then brought in behind.

The file lies beside the base until it is done with; the base knows how far it is. Whoever is killed half-way begins
again: bringing in the same file twice adds nothing.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kb.access.actor import Action, Actor
from kb.access.rules import require, require_person
from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, Unavailable
from kb.exchange.formats import AUTO, FORMATS, reading
from kb.library.opening import Library
from kb.library.signing_in import actor_of_person
from kb.library.transfer import ImportOptions, Report, import_items
from kb.model.dates import instant_of
from kb.model.draft import ItemDraft, Remark
from kb.model.group import Group
from kb.model.ids import new_id
from kb.model.intake import AT_WORK, Counted, Intake, IntakeState
from kb.model.text import is_keepable
from kb.store import Reading
from kb.store.instants import instant_in, this_instant

LARGEST_FILE = 20 << 20
"""Bytes of a file that is sent by a browser; whoever runs the site can bring larger ones in by the command."""
MOST_WAITING = 5
"""Files of one person that wait at a time."""
KEPT_DAYS = 7.0
"""For how long a file that nobody decides about is kept, and what is told of one that was brought in."""
MOST_REMARKS = 500
MOST_TITLES = 5
_LONGEST_NAME, _LONGEST_MINE, _MOST_MINE = 200, 200, 20
_IDLE, _LOOK_EVERY = 0.3, 5.0
"""Seconds between two looks for files, at least and at most."""
_RETRY = 5.0
_FOLDER = "intakes"
_GONE = "This file is not here, or no longer."
_LOST = "The file is not there any more: send it once more."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IntakeView:
    """A file, and the group that it is for."""

    intake: Intake
    group: Group


def send_file(
    library: Library,
    actor: Actor,
    slug: str,
    name: str,
    content: bytes | Iterable[bytes],
    *,
    form: str = AUTO,
    mine: str = "",
) -> Intake:
    """Keep a file for a group, to be read through behind. Its content comes whole, or in pieces that fit in memory.

    `mine` are names in it that are the sender's own, by commas. Raises NotFound, SignInNeeded, Refused; Invalid for an
    empty or too large file, or a format that is none; Conflict for one more than may wait.
    """
    if form not in {AUTO, *FORMATS}:
        raise Invalid("What was sent is not a form of this site.")
    names = [one.strip()[:_LONGEST_MINE] for one in mine.split(",") if one.strip() and is_keepable(one)]
    intake_id, now = new_id(), this_instant()
    with library.store.read() as before:
        require(actor, Action.IMPORT, before.groups.by_slug(slug))
    # The file first: what the base knows of is there.
    path = _path(library, intake_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write_pieces(path, (content,) if isinstance(content, bytes) else content)
        with library.store.write() as writing:
            group = require(actor, Action.IMPORT, writing.groups.by_slug(slug))
            user_id = require_person(actor)
            waiting = [one for one in writing.intakes.of_person(user_id) if one.state in AT_WORK]
            if len(waiting) >= MOST_WAITING:
                raise Conflict("You have several files on their way: wait until one of them is done.")  # noqa: TRY301
            intake = Intake(
                intake_id,
                user_id,
                group.id,
                _file_name(name),
                form,
                IntakeState.SENT,
                now,
                now,
                tuple(dict.fromkeys(names))[:_MOST_MINE],
            )
            writing.intakes.put(intake)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return intake


def intake_of(library: Library, actor: Actor, intake_id: str) -> IntakeView:
    """One of the asker's files. Raises SignInNeeded, and NotFound for what is not theirs."""
    with library.store.read() as reading_:
        return _own(reading_, actor, intake_id)


def intakes_of(library: Library, actor: Actor, slug: str) -> tuple[Group, tuple[Intake, ...]]:
    """A group, and the files that the asker has sent for it. Raises NotFound, SignInNeeded, Refused."""
    with library.store.read() as reading_:
        group = require(actor, Action.IMPORT, reading_.groups.by_slug(slug))
        return group, reading_.intakes.of_person(require_person(actor), group.id)


def bring_in(library: Library, actor: Actor, intake_id: str) -> Intake:
    """Have a file brought in, whose effect was shown. Raises NotFound, Refused; Conflict in another state."""
    with library.store.write() as writing:
        view = _own(writing, actor, intake_id)
        require(actor, Action.IMPORT, view.group)
        if view.intake.state is IntakeState.WANTED:
            return view.intake
        if view.intake.state is not IntakeState.SHOWN:
            raise Conflict("This file is not waiting for your decision.")
        wanted = replace(view.intake, state=IntakeState.WANTED, done=0, changed_at=this_instant())
        writing.intakes.put(wanted)
    return wanted


def give_up(library: Library, actor: Actor, intake_id: str) -> Group:
    """Forget a file, brought in or not; what it has brought stays. Raises NotFound; Conflict while it is at work."""
    with library.store.write() as writing:
        view = _own(writing, actor, intake_id)
        if view.intake.state is IntakeState.WANTED:
            raise Conflict("This file is being brought in: wait until it is done.")
        writing.intakes.drop([view.intake.id])
    _path(library, intake_id).unlink(missing_ok=True)
    return view.group


def take_due(library: Library) -> int:
    """Do what waits, one file after the other; tells for how many something was done."""
    with library.store.read() as reading_:
        waiting = reading_.intakes.in_states(AT_WORK)
    for one in waiting:
        _take(library, one)
    return len(waiting)


def take_forever(library: Library, stop: threading.Event) -> None:
    """Do what waits as it comes, until told to stop. A failure is logged, and tried again: this must not die."""
    with library.store.listen() as commits:
        while not stop.is_set():
            try:
                if not take_due(library):
                    commits.wait(stop, _LOOK_EVERY, _IDLE)
            except (FlorilegeError, OSError) as error:
                _log.warning("a file waits to be brought in: %s", error)
                stop.wait(_RETRY)


def sweep_intakes(library: Library) -> None:
    """Forget files that nothing has happened to for long, and those that the base does not know of."""
    with library.store.write() as writing:
        writing.intakes.drop(one.id for one in writing.intakes.older(instant_in(days=-KEPT_DAYS)))
        known = writing.intakes.ids()
    folder = library.settings.data / _FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        # A file lies there for a moment before the base knows of it.
        if path.name not in known and _is_old(path):
            path.unlink(missing_ok=True)


def _write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file. Raises Invalid for one that is too large, or holds nothing but white space."""
    size, is_blank = 0, True
    with path.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > LARGEST_FILE:
                raise Invalid("This file is too large: at most %(limit)s MiB are read here.", limit=LARGEST_FILE >> 20)
            is_blank = is_blank and not piece.strip()
            file.write(piece)
    if is_blank:
        raise Invalid("Choose a file that is not empty.")


def _take(library: Library, intake: Intake) -> None:
    try:
        report = _brought(library, intake)
        state = IntakeState.SHOWN if intake.state is IntakeState.SENT else IntakeState.DONE
    except Unavailable:
        # A full disk, most often: it waits until there is room.
        raise
    except (FlorilegeError, OSError) as error:
        failed = error if isinstance(error, FlorilegeError) else NotFound(_LOST)
        why = Remark(str(failed), message=failed.message, values=failed.values)
        report = replace(intake.report, failure=why)
        state = IntakeState.FAILED
    # What was shown by name is known already; of what was brought in, the counts are told.
    after = replace(intake, state=state, report=report, changed_at=this_instant())
    after = replace(after, total=report.read) if state is IntakeState.SHOWN else replace(after, done=report.read)
    with library.store.write() as writing:
        # Given up meanwhile, it stays so.
        if writing.intakes.by_id(intake.id) is not None:
            writing.intakes.put(after)
    if state in {IntakeState.DONE, IntakeState.FAILED}:
        _path(library, intake.id).unlink(missing_ok=True)


def _brought(library: Library, intake: Intake) -> Counted:
    """Read a file through, or bring it in, with the rights that its person has at this moment."""
    actor = actor_of_person(library, intake.user_id)
    with library.store.read() as reading_:
        group = require(actor, Action.IMPORT, reading_.groups.by_ids([intake.group_id]).get(intake.group_id))
    dry = intake.state is IntakeState.SENT
    options = ImportOptions(group.slug, author_map=dict.fromkeys(intake.mine, actor.login), dry_run=dry)
    titles: list[str] = []
    with _path(library, intake.id).open("rb") as file:
        drafts = _noting(reading(file, intake.format), titles)
        report = import_items(library, actor, drafts, options, lambda one: _advance(library, intake, one, dry=dry))
    return _counted(report, tuple(titles) if dry else intake.report.titles)


def _advance(library: Library, intake: Intake, so_far: Report, *, dry: bool) -> None:
    if dry:
        return
    with library.store.write() as writing:
        writing.intakes.advance(intake.id, so_far.read, this_instant())


def _noting(drafts: Iterator[ItemDraft | Remark], titles: list[str]) -> Iterator[ItemDraft | Remark]:
    """The same drafts; the titles of the first ones are noted."""
    for one in drafts:
        if isinstance(one, ItemDraft) and len(titles) < MOST_TITLES:
            titles.append((one.title or one.url or "")[:_LONGEST_NAME])
        yield one


def _counted(report: Report, titles: tuple[str, ...]) -> Counted:
    told = report.warnings[:MOST_REMARKS]
    return Counted(
        report.read,
        report.added,
        report.updated,
        report.unchanged,
        report.skipped,
        titles,
        told,
        len(report.warnings) - len(told),
    )


def _own(reading_: Reading, actor: Actor, intake_id: str) -> IntakeView:
    user_id = require_person(actor, reading=True)
    intake = reading_.intakes.by_id(intake_id)
    group = reading_.groups.by_ids([intake.group_id]).get(intake.group_id) if intake else None
    if intake is None or group is None or intake.user_id != user_id:
        raise NotFound(_GONE)
    return IntakeView(intake, require(actor, Action.READ, group))


def _path(library: Library, intake_id: str) -> Path:
    return library.settings.data / _FOLDER / intake_id


def _file_name(name: str) -> str:
    """What a file was called, without the folders that some browsers tell."""
    kept = "".join(one for one in name.replace("\\", "/").rpartition("/")[2] if one.isprintable())
    return kept[:_LONGEST_NAME] if is_keepable(kept) else ""


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < instant_of(instant_in(days=-1)).timestamp()
    except FileNotFoundError:
        return False
