"""`kb backup` and `kb restore`: write the database to one file, and read it back."""

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from kb.access.actor import OPERATOR
from kb.cli.console import (
    CommandMisused,
    CommandSession,
    json_option,
    operating_system_error,
    print_error,
    print_json,
    print_line,
    printable_file_name,
)
from kb.cli.files import misused_file_error, require_backup_or_nothing, write_whole_file
from kb.cli.progress import Progress, progress_bar
from kb.errors import FlorilegeError, Unavailable
from kb.indexer import catch_up_and_wait, check_index, rebuild
from kb.services.admin.backup import restore_backup, write_backup
from kb.services.admin.last_backup import LastBackup, record_backup
from kb.services.core.library import Library
from kb.services.files.unused_files import check_files
from kb.site import feature_stores
from kb.store.maintenance.database_copy import database_path


@click.command("backup")
@click.argument("file")
@click.option("--without-files", is_flag=True, help="Leave out the files of items, which another backup holds.")
@json_option("the report")
@click.pass_obj
def backup_command(session: CommandSession, file: str, *, without_files: bool, as_json: bool) -> None:
    """Write a complete backup to FILE while the site runs, then read it back and compare it with the database."""
    path = Path(file)
    try:
        _require_ordinary_file(path)
        if (store := database_path(session.settings.store_url)) is not None:
            _require_outside_database(path, store)
        require_backup_or_nothing(path)
        with _progress_until_signal(session.translator.gettext("Copying")) as progress, write_whole_file(path) as draft:
            written = write_backup(
                session.settings, feature_stores(), OPERATOR, Path(draft.name), progress, with_files=not without_files
            )
    except CommandMisused as error:
        # Where a backup cannot be written, it has failed, however well the command was spelled.
        raise FlorilegeError(error.message, **error.values) from error
    manifest, size = written.manifest, path.stat().st_size
    if written.missing:
        _report_missing(session, written.missing)
    # The backup is there, whether the database can be written or not.
    with suppress(FlorilegeError), session.library() as library:
        record_backup(library, OPERATOR, LastBackup(manifest.made, size, with_files=not without_files))
    items = manifest.counts.get("items", 0)
    if as_json:
        shape = {"file": os.path.abspath(path), "size": size, "made": manifest.made, "schema": manifest.schema}  # noqa: PTH100
        files = {"files": manifest.files, "files_size": manifest.files_size, "missing_files": written.missing}
        print_json({**shape, "change": manifest.change, "counts": manifest.counts, **files})
        return
    message = "%(name)s was written and read again: %(size)s MB, %(items)s, change %(change)s."
    size_in_mb = max(round(size / 1e6, 1), 0.1)
    name, count = printable_file_name(file), _item_count(session, items)
    print_line(session.translator.gettext(message, name=name, size=size_in_mb, items=count, change=manifest.change))
    if manifest.files:
        files_in_mb = max(round(manifest.files_size / 1e6, 1), 0.1)
        print_line(
            session.translator.ngettext(
                "It holds %(count)s file of %(size)s MB.",
                "It holds %(count)s files of %(size)s MB.",
                manifest.files,
                size=files_in_mb,
            )
        )


@click.command("restore")
@click.argument("file")
@click.option("--replace", is_flag=True, help="Replace a database that holds items; a copy of it is kept.")
@json_option("the report")
@click.pass_obj
def restore_command(session: CommandSession, file: str, *, replace: bool, as_json: bool) -> int:
    """Replace the database by FILE, which `kb backup` has written, while the site runs."""
    path = Path(file)
    _require_file(path)
    session.settings.data.mkdir(parents=True, exist_ok=True)
    with _progress_until_signal(session.translator.gettext("Restoring")) as progress:
        placed = restore_backup(session.settings, feature_stores(), OPERATOR, path, replace=replace, progress=progress)
    if placed.former is not None:
        session.report("A copy of the former database was kept: %(name)s", name=printable_file_name(placed.former))
    agrees = _index_restored_database(session)
    with session.library() as library:
        files = check_files(library, OPERATOR)
    if files.missing:
        _report_missing(session, len(files.missing))
    contents = placed.contents
    items = contents.counts.get("items", 0)
    if as_json:
        former_copy = None if placed.former is None else str(placed.former)
        shape = {"schema": contents.schema, "change": contents.change, "counts": contents.counts, "kept": former_copy}
        print_json({**shape, "searchable": agrees, "missing_files": len(files.missing)})
    elif agrees:
        message = "%(name)s was restored: %(items)s, change %(change)s; the index agrees."
        count = _item_count(session, items)
        print_line(
            session.translator.gettext(message, name=printable_file_name(file), items=count, change=contents.change)
        )
    return 0 if agrees else 1


def _item_count(session: CommandSession, items: int) -> str:
    return session.translator.ngettext("%(count)s item", "%(count)s items", items)


def _report_missing(session: CommandSession, missing: int) -> None:
    """Say on standard error how many files the store of files lacks."""
    print_error(
        session.translator.ngettext(
            "The store of files lacks %(count)s file that items name: run “kb files check”.",
            "The store of files lacks %(count)s files that items name: run “kb files check”.",
            missing,
        )
    )


def _index_restored_database(session: CommandSession) -> bool:
    """Index the restored database, or wait for the process that does; returns whether index and database agree."""
    try:
        with session.library() as library:
            with progress_bar(session.translator.gettext("Indexing")) as progress:
                _update_index(library, progress)
            agrees = check_index(library).is_clean
    except (Unavailable, OSError) as error:
        session.report("The database was restored, but not its index: run “kb index rebuild”.")
        print_error(session.translator.sentence(operating_system_error(error) if isinstance(error, OSError) else error))
        return False
    if not agrees:
        session.report("The database was restored, but not its index: run “kb index rebuild”.")
    return agrees


def _update_index(library: Library, progress: Progress | None) -> None:
    try:
        catch_up_and_wait(library, progress)
    except Unavailable:
        # It was made by another version, or is damaged.
        rebuild(library, progress)


def _require_outside_database(path: Path, store: Path) -> None:
    """Raise CommandMisused for a file that is part of the database itself."""
    if path.resolve().name.startswith(store.name) and path.resolve().parent == store.parent:
        raise CommandMisused("%(name)s is part of the database itself.", name=printable_file_name(path))


def _require_ordinary_file(path: Path) -> None:
    """Raise CommandMisused for a device, a pipe or standard output: a backup is read again after it is written."""
    if path == Path("-") or (path.exists() and not path.is_file() and not path.is_dir()):
        raise CommandMisused("%(name)s is not a regular file.", name=printable_file_name(path))


def _require_file(path: Path) -> None:
    try:
        path.stat()
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "", str(path))
    except OSError as error:
        raise misused_file_error(error) from error
    _require_ordinary_file(path)


@contextmanager
def _progress_until_signal(label: str) -> Iterator[Progress]:
    """A progress bar. A signal that ends the process stops the work at its next step, so that no partial file is left.

    The process then ends by that signal.
    """
    received: list[int] = []
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in numbers:
            signal.signal(number, lambda number, _frame: received.append(number))
        with progress_bar(label) as bar:

            def progress(done: int, total: int) -> None:
                if received:
                    raise KeyboardInterrupt
                bar(done, total)

            yield progress
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        if received:
            os.kill(os.getpid(), received[0])
