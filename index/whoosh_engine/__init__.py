"""An engine on Whoosh, executed on arrays.

Whoosh keeps schema, segments, table of contents, lock and commit; what is in a segment is arrays of numbers, which
numpy builds, merges and searches. Nothing else in the house imports Whoosh or numpy.
"""

from index.whoosh_engine.engine import WhooshEngine

__all__ = ["WhooshEngine"]
