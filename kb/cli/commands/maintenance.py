"""`kb index`, `kb migrate` and `kb sweep`: maintenance of the index and of the database."""

from collections.abc import Mapping
from contextlib import closing

import click

from kb.cli.console import CommandSession, print_line
from kb.cli.progress import progress_bar
from kb.indexer import CheckReport, check_index, rebuild
from kb.search.index_search import Damage, DamagedFile
from kb.services.admin.expired_data import purge_expired_data
from kb.site import drop_feature, open_store

_SHOWN = 20
_DAMAGES: Mapping[Damage, str] = {
    Damage.MISSING: "Damaged: %(file)s is missing.",
    Damage.CHANGED: "Damaged: %(file)s is not as it was written.",
    Damage.UNREADABLE: "Damaged: %(file)s cannot be read.",
}


@click.group()
def index() -> None:
    """Rebuild the search index from the database, or check it."""


@index.command("rebuild")
@click.pass_obj
def rebuild_command(session: CommandSession) -> None:
    """Build a new index beside the old one, which answers searches until the end."""
    with session.library() as library, progress_bar(session.translator.gettext("Indexing")) as progress:
        rebuild(library, progress)
    session.report("The index was rebuilt.")


@index.command("check")
@click.pass_obj
def check_command(session: CommandSession) -> int:
    """Check the files of the index and compare it with the database; exit code 1 if one is damaged or they differ."""
    with session.library() as library:
        report = check_index(library)
    _show(session, report)
    return 0 if report.is_clean else 1


def _show(session: CommandSession, report: CheckReport) -> None:
    translator = session.translator
    _ = translator.gettext
    if report.damaged:
        _show_damaged(session, report.damaged)
        return
    counts = report.counts
    items = translator.ngettext("%(count)s item", "%(count)s items", counts["items"])
    documents = translator.ngettext("%(count)s document", "%(count)s documents", counts["documents"])
    print_line(f"{items}, {documents}.")
    for message, keys in (
        ("Missing from the index: %(count)s.", report.missing),
        ("Other than in the store: %(count)s.", report.stale),
        ("No longer in the store: %(count)s.", report.ghosts),
    ):
        if keys:
            print_line(
                _(message, count=len(keys)) + " " + " ".join(keys[:_SHOWN]) + (" …" if len(keys) > _SHOWN else "")
            )
    for failure in report.failures:
        print_line(_("Cannot be indexed: %(item)s: %(why)s", item=failure.item_id, why=failure.reason))
    if report.is_clean:
        print_line(_("The index and the database agree."))
    else:
        print_line(_("The index and the database differ: run “kb index rebuild”."))


def _show_damaged(session: CommandSession, damaged: tuple[DamagedFile, ...]) -> None:
    _ = session.translator.gettext
    for file in damaged:
        name = file.path
        if file.segment is not None:
            name = _("%(file)s (segment %(segment)s)", file=file.path, segment=file.segment)
        print_line(_(_DAMAGES[file.damage], file=name))
    print_line(_("The index is damaged: run “kb index rebuild” to rebuild it from the database."))


@click.command("migrate")
@click.option("--drop", metavar="FEATURE", help="Then delete the tables of a feature that is not installed any more.")
@click.pass_obj
def migrate_command(session: CommandSession, drop: str | None) -> None:
    """Create the database, or migrate it to the schema of this program."""
    session.create_data_folder()
    if drop is not None:
        drop_feature(session.settings.store_url, drop)
    session.report("The database is up to date.")
    with closing(open_store(session.settings.store_url)) as store, store.read() as reading:
        for name in store.removed_features(reading):
            session.report(
                "It has tables of “%(name)s”, which is not installed: “kb migrate --drop %(name)s” deletes them.",
                name=name,
            )


@click.command("sweep")
@click.pass_obj
def sweep_command(session: CommandSession) -> None:
    """Delete expired data: trash, audit log, sessions, invitations. A running server does this each hour."""
    with session.library() as library:
        purged = purge_expired_data(library)
    session.report(
        "Deleted from the trash: %(trash)s, from the audit log: %(log)s, "
        "sessions and tokens: %(credentials)s, groups: %(groups)s.",
        trash=purged.trash,
        log=purged.log,
        credentials=purged.credentials,
        groups=purged.groups,
    )
