"""`kb backup` and `kb restore`: everything into one file, and back."""

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kb.access.actor import OPERATOR
from kb.cli.atomic_file import whole_file
from kb.cli.console import Misused, Session, complain, failure_of, file_name, say, say_json
from kb.cli.progress import Progress, bar
from kb.errors import FlorilegeError, Unavailable
from kb.indexer import check, make_current, rebuild
from kb.services.admin.backup import back_up, restore
from kb.services.core.library import Library, open_library
from kb.store.maintenance.database_copy import place_of


@click.command("backup")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Give the report as JSON.")
@click.pass_obj
def backup_command(session: Session, file: str, *, as_json: bool) -> None:
    """Write everything into FILE, whole or not at all, while the site goes on; then read it again and compare."""
    path = Path(file)
    try:
        _require_ordinary(path)
        _require_apart(path, place_of(session.settings.store_url))
        with _tidy_when_told_to_end(session.words.say("Copying")) as progress, whole_file(path) as draft:
            made = back_up(session.settings, OPERATOR, Path(draft.name), progress)
    except Misused as error:
        # Where a backup cannot be written, it has failed, however well the command was spelled.
        raise FlorilegeError(error.message, **error.values) from error
    size = path.stat().st_size
    items = made.counts.get("items", 0)
    if as_json:
        shape = {"file": os.path.abspath(path), "size": size, "made": made.made, "schema": made.schema}  # noqa: PTH100
        say_json({**shape, "change": made.change, "counts": made.counts})
        return
    message = "%(name)s was written and read again: %(size)s MB, %(items)s items, change %(change)s."
    size_in_mb = max(round(size / 1e6, 1), 0.1)
    say(session.words.say(message, name=file_name(file), size=size_in_mb, items=items, change=made.change))


@click.command("restore")
@click.argument("file")
@click.option("--replace", is_flag=True, help="Keep a copy of a base that holds items, and replace it.")
@click.option("--json", "as_json", is_flag=True, help="Give the report as JSON.")
@click.pass_obj
def restore_command(session: Session, file: str, *, replace: bool, as_json: bool) -> int:
    """Put what `kb backup` has written into FILE in the place of the base, while the site goes on."""
    path = Path(file)
    _require_file(path)
    session.settings.data.mkdir(parents=True, exist_ok=True)
    with _tidy_when_told_to_end(session.words.say("Restoring")) as progress:
        placed = restore(session.settings, OPERATOR, path, replace=replace, progress=progress)
    if placed.kept is not None:
        session.tell("The base that was there is kept: %(name)s", name=file_name(placed.kept))
    agrees = _index(session)
    contents = placed.contents
    items = contents.counts.get("items", 0)
    if as_json:
        kept = None if placed.kept is None else str(placed.kept)
        shape = {"schema": contents.schema, "change": contents.change, "counts": contents.counts, "kept": kept}
        say_json({**shape, "searchable": agrees})
    elif agrees:
        message = "%(name)s was restored: %(items)s items, change %(change)s; the index agrees."
        say(session.words.say(message, name=file_name(file), items=items, change=contents.change))
    return 0 if agrees else 1


def _index(session: Session) -> bool:
    """Make the index of what was restored, or wait for who makes it, and compare; whether both agree."""
    try:
        library = open_library(session.settings)
        try:
            with bar(session.words.say("Indexing")) as progress:
                _bring_up_to_date(library, progress)
            agrees = check(library).is_clean
        finally:
            library.close()
    except (Unavailable, OSError) as error:
        session.tell("The base was restored, but not its index: run “kb index rebuild”.")
        complain(session.words.sentence(failure_of(error) if isinstance(error, OSError) else error))
        return False
    if not agrees:
        session.tell("The base was restored, but not its index: run “kb index rebuild”.")
    return agrees


def _bring_up_to_date(library: Library, progress: Progress | None) -> None:
    try:
        make_current(library, progress)
    except Unavailable:
        # It was made by another version, or is damaged.
        rebuild(library, progress)


def _require_apart(path: Path, store: Path) -> None:
    """Raise Misused for a file that is part of the base itself."""
    if path.resolve().name.startswith(store.name) and path.resolve().parent == store.parent:
        raise Misused("%(name)s is the base itself.", name=file_name(path))


def _require_ordinary(path: Path) -> None:
    """Raise Misused for a device, a pipe or standard output: what is written there cannot be read again."""
    if path == Path("-") or (path.exists() and not path.is_file() and not path.is_dir()):
        raise Misused("%(name)s is no ordinary file.", name=file_name(path))


def _require_file(path: Path) -> None:
    try:
        path.stat()
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "", str(path))
    except OSError as error:
        failure = failure_of(error)
        raise Misused(failure.message, **failure.values) from error
    _require_ordinary(path)


@contextmanager
def _tidy_when_told_to_end(label: str) -> Iterator[Progress]:
    """A bar, and a stop at its next step for the two signals that end a process unseen: nothing half-made is left.

    The process then ends by the signal, as if it had been let to.
    """
    told: list[int] = []
    numbers = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    try:
        for number in numbers:
            signal.signal(number, lambda number, _frame: told.append(number))
        with bar(label) as shown:

            def progress(done: int, total: int) -> None:
                if told:
                    raise KeyboardInterrupt
                if shown is not None:
                    shown(done, total)

            yield progress
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        if told:
            os.kill(os.getpid(), told[0])
