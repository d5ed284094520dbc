"""How long the tests are: the gate runs a short version of some, `scripts/test-thorough` runs them at full length."""

import os

IS_THOROUGH = os.environ.get("FLORILEGE_THOROUGH", "0") != "0"
EVERY_INSTALLATION = os.environ.get("INSTALLATIONS") == "all"
"""Whether the tests install in all environments that we support, and build the image: `scripts/test-installations`."""
