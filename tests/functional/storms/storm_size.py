"""How long the storms are: `FLORILEGE_STORMS=10`, as in `scripts/test-thorough`, makes each at least ten times as long
as in the gate, or as long as it says.
"""

import os

TIMES = int(os.environ.get("FLORILEGE_STORMS", "1"))
