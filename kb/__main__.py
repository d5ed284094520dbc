"""`python -m kb`: the same as the command `kb`."""

import sys
from pathlib import Path

# `-m` puts the current directory first, where a file `index.py` would hide our package of that name.
if not sys.flags.safe_path and sys.path and Path(sys.path[0]).resolve() != Path(__file__).resolve().parent.parent:
    del sys.path[0]

from kb.cli import main

main()
