"""An engine that stores its index with Whoosh and searches it with numpy arrays.

Whoosh keeps the schema, the segments, the table of contents and the commit. A segment holds arrays of numbers, which
numpy builds, merges and searches. No other package imports Whoosh or numpy.
"""

from index.whoosh_engine.engine import WhooshEngine
from index.whoosh_engine.engine_limits import Limits
