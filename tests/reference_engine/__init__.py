"""A plain engine that scans every document. Tests compare the other engines with it.

It is slow on purpose: it uses only lists and loops, so that a reader can check it when two engines disagree. It shares
with the other engines the query types, the plan, the analysis and the checks of `index.engine`.
"""

from tests.reference_engine.engine import ReferenceEngine

__all__ = ["ReferenceEngine"]
