"""Import a Diigo library as CSV, API responses, feed and page in all 24 orders, and compare the resulting databases.

    python bench/diigo_orders.py [--items 5000] [--orders 24]

The library is that of `tests/factories/diigo_library.py`: four users, French words, unusual texts, replies, private
bookmarks, equal titles, and addresses that several users shared in different spellings. Each order has a database of
its own on disk. The exported records are compared without their ids, which the import assigns, and sorted by address,
because the order of items is that of the import. The first database is compared with the library itself.
"""

import argparse
import sys
import time
from itertools import islice, permutations
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kb.services.core.library import Library
from kb.settings import Settings
from kb.site import migrate, open_store
from tests.factories.diigo_base import (
    Record,
    diigo_files,
    expected_records,
    import_file,
    records_in,
    without_language,
)
from tests.factories.diigo_library import a_diigo_library
from tests.factories.library import a_catalogue


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--orders", type=int, default=24)
    options = parser.parse_args()
    library = a_diigo_library(options.items)
    files = diigo_files(library)
    sizes = ", ".join(f"{name} {len(data) / 1e6:.1f} MB" for name, data in files.items())
    print(f"{options.items} bookmarks: {sizes}", flush=True)
    first: list[Record] | None = None
    failed = 0
    for order in islice(permutations(files), options.orders):
        start = time.process_time()
        imported = _imported(order, files)
        seconds = time.process_time() - start
        if first is None:
            first = imported
            same = without_language(imported) == expected_records(library)
            print(f"equal to the library, {len(imported)} items: {'yes' if same else 'NO'}", flush=True)
            failed += not same
        same = imported == first
        failed += not same
        print(f"{' '.join(order)}: {'the same' if same else 'DIFFERENT'}, {seconds:.0f} s of CPU", flush=True)
    print("all the same" if not failed else f"{failed} differ")
    return 1 if failed else 0


def _imported(order: tuple[str, ...], files: dict[str, bytes]) -> list[Record]:
    with TemporaryDirectory() as folder:
        settings = Settings(Path(folder), f"sqlite:///{folder}/store.sqlite3", "memory:")
        migrate(settings.store_url)
        base = Library(open_store(settings.store_url), a_catalogue(), settings)
        for name in order:
            import_file(base, files[name])
        return records_in(base)


if __name__ == "__main__":
    sys.exit(main())
