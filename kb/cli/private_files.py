"""Create files that only their owner can read: the database holds password hashes and the items of closed groups.

What is not ours is neither changed nor written over: a command stops at its start where a setting names such a place.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kb.cli.console import printable_file_name
from kb.errors import Invalid
from kb.own_files import (
    BACKGROUND_FILES,
    INDEX_FILES,
    is_own_data_folder,
    is_own_database,
    is_own_file_store,
    is_own_index,
)
from kb.settings import Settings

OTHERS_PERMISSIONS = 0o077
"""The permissions of the group and of all others: the umask of `kb`, so that files are 0600 and folders 0700."""
_WRITE_PERMISSIONS = 0o022
_FOLDERS = ("import-jobs", "metrics", "servers")
_BESIDE_DATABASE = re.compile(r"|-wal|-shm|-journal|\.lock|\.listeners|\.before-(migration|restore)-.*|\.draft-.*")


def umask_for(settings: Settings) -> int:
    """The umask for new files.

    Root may work in the folder of the user that runs the site, and this user must be able to read root's files: they
    are then readable, and the mode of the folder protects them.
    """
    try:
        is_of_another = settings.data.stat().st_uid != os.geteuid()
    except OSError:
        is_of_another = False
    return _WRITE_PERMISSIONS if is_of_another and os.geteuid() == 0 else OTHERS_PERMISSIONS


def require_own_paths(settings: Settings) -> None:
    """Raise Invalid if a setting names a file or a folder of others. Nothing is changed, whatever is there."""
    store, index, files = _database_file(settings), _index_folder(settings), _files_folder(settings)
    if store is not None and not is_own_database(store):
        raise Invalid(
            "%(name)s names %(path)s, which holds no database of Florilège: nothing was changed. Name another file.",
            name="KB_STORE_URL",
            path=printable_file_name(store),
        )
    paths = tuple(path for path in (store, index, files) if path is not None)
    for name, folder, is_own in (
        ("KB_DATA", settings.data, lambda folder: is_own_data_folder(folder, store, paths)),
        ("KB_INDEX_URL", index, is_own_index),
        ("KB_FILES_URL", files, is_own_file_store),
    ):
        if folder is None:
            continue
        if folder.exists() and not folder.is_dir():
            raise Invalid(
                "%(name)s must be a folder, and %(value)s is a file.", name=name, value=printable_file_name(folder)
            )
        if not is_own(folder):
            raise Invalid(
                "%(name)s names the folder %(path)s, which holds files of others and none of Florilège: nothing was"
                " changed. Name an empty folder.",
                name=name,
                path=printable_file_name(folder),
            )


def _database_file(settings: Settings) -> Path | None:
    """The file of the database; None for a database of a server."""
    # Written out here, because the store imports slowly and every command runs this at its start.
    address = settings.store_url
    is_file = address.startswith("sqlite:///")
    return Path(os.path.abspath(address.removeprefix("sqlite:///").partition("?")[0])) if is_file else None  # noqa: PTH100 - an owner may move a link


def _index_folder(settings: Settings) -> Path:
    return Path(os.path.abspath(settings.index_url.removeprefix("whoosh:")))  # noqa: PTH100 - as above


def _files_folder(settings: Settings) -> Path | None:
    """The folder of the files of items, if a setting names one."""
    is_folder = settings.files_url.startswith("file:")
    return Path(os.path.abspath(unquote(urlsplit(settings.files_url).path))) if is_folder else None  # noqa: PTH100 - as above


def make_data_private(settings: Settings) -> bool:
    """Remove the permissions of other users from all stored data; returns whether others can still read the data
    folder.

    The folder itself is not changed if it holds other files, because others may need them, or if it belongs to another
    user. The stored data has its own permissions; others can then see only names, sizes and times.
    """
    data = settings.data.resolve()
    paths = list(_data_paths(settings))
    for path in paths:
        _make_tree_private(path)
    if {data / name for name in _names_in_folder(data)} <= set(paths):
        _remove_permissions(data)
    return bool(_permissions(data) & OTHERS_PERMISSIONS)


def _data_paths(settings: Settings) -> Iterator[Path]:
    """The database with its log, locks and copies; the index; files of import jobs."""
    data = settings.data.resolve()
    # Where a server keeps the database, its copies before a restore have the default name.
    store = (_database_file(settings) or data / "store.sqlite3").resolve()
    for name in _names_in_folder(store.parent):
        own, _, end = name.removeprefix(".").partition(store.name)
        if not own and _BESIDE_DATABASE.fullmatch(end):
            yield store.parent / name
    index = _index_folder(settings)
    if not INDEX_FILES.isdisjoint(_names_in_folder(index)):
        yield index.parent.resolve() / index.name
    for name in (*_FOLDERS, *BACKGROUND_FILES):
        yield data / name


def _names_in_folder(folder: Path) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)  # noqa: PTH208 - the names are compared
    return []


def _make_tree_private(path: Path) -> None:
    """Remove the permissions of others from a file, or from a folder and all in it.

    The inside of a private folder is left alone, because the folder protects it.
    """
    if not _permissions(path) & OTHERS_PERMISSIONS:
        return
    _remove_permissions(path)
    for folder, names, files in os.walk(path):
        for name in (*names, *files):
            _remove_permissions(Path(folder, name))


def _remove_permissions(path: Path) -> None:
    mode = _permissions(path)
    # A folder in which every user may create files (/tmp) belongs to the machine.
    if mode & OTHERS_PERMISSIONS and not mode & stat.S_ISVTX:
        # It may be gone, or belong to another user.
        with suppress(OSError):
            path.chmod(mode & ~OTHERS_PERMISSIONS)


def _permissions(path: Path) -> int:
    """The mode of a file or folder; 0 for a link, which has none, and for a missing file."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return 0
    return 0 if stat.S_ISLNK(mode) else stat.S_IMODE(mode)
