"""How long the storms are: `FLORILEGE_STORMS=10`, as in `scripts/test-thorough`, makes each ten times as long as in the
gate.
"""

import os

TIMES = int(os.environ.get("FLORILEGE_STORMS", "1"))
