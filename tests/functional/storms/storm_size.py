"""How long the storms are: `FLORILEGE_STORMS=5` makes each five times as long as in continuous integration."""

import os

TIMES = int(os.environ.get("FLORILEGE_STORMS", "1"))
