"""Create files that only their owner can read: the database holds password hashes and the items of closed groups."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kb.settings import Settings

OTHERS_PERMISSIONS = 0o077
"""The permissions of the group and of all others: the umask of `kb`, so that files are 0600 and folders 0700."""
_WRITE_PERMISSIONS = 0o022
_BACKGROUND = (
    *("background.lock", "background-tasks.json", "background-tasks.lock"),
    *("subprocess-failures.json", "subprocess-failures.lock"),
)
_FOLDERS = ("index", "intakes", "metrics")
_INDEX_FILES = frozenset({"current", "current.new", "generations", "writing.lock", "merging.lock"})


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
    # Written out here, because the store imports slowly and every command runs this at its start.
    # Where a server keeps the database, its copies before a restore have the default name.
    is_file = settings.store_url.startswith("sqlite:///")
    store = Path(settings.store_url.removeprefix("sqlite:///").partition("?")[0]) if is_file else data / "store.sqlite3"
    store = store.resolve()
    for name in _names_in_folder(store.parent):
        if name.removeprefix(".").startswith(store.name):
            yield store.parent / name
    index = Path(settings.index_url.removeprefix("whoosh:"))
    if set(_names_in_folder(index)) & _INDEX_FILES:
        yield index.parent.resolve() / index.name
    for folder in _FOLDERS:
        yield data / folder
    for name in _BACKGROUND:
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
