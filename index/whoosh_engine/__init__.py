"""An engine on Whoosh, executed on arrays.

Whoosh keeps schema, segments, table of contents and commit; what is in a segment is arrays of numbers, which
numpy builds, merges and searches. Nothing else in the house imports Whoosh or numpy.
"""

from index.whoosh_engine.engine import WhooshEngine
from index.whoosh_engine.limits import Limits

__all__ = ["Limits", "WhooshEngine"]
