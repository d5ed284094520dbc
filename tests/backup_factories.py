"""What tests of backups put in, and look at."""

import json
from pathlib import Path

LINES = "".join(
    json.dumps({"id": f"s{place}", "title": f"Signet {place}", "group": "veille", "tags": ["eau"]}) + "\n"
    for place in range(1, 4)
)


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
