"""A plain engine that scans every document: the reference that the others are held against.

Slow on purpose, and nothing but lists and loops: when it and another engine disagree, it is the one that can be read.
It shares with the others the query types, the plan and the analysis, and what `index.engine` refuses.
"""

from index.memory_engine.engine import MemoryEngine

__all__ = ["MemoryEngine"]
