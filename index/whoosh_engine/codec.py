"""Whoosh's codec for segments of arrays."""

from typing import Any

from index.whoosh_engine.door import Codec, W3Segment


class Written:
    """Stands where Whoosh expects to write a segment document by document: ours is written whole, from a pool."""

    is_closed = True


class ArrayCodec(Codec):  # type: ignore[misc]
    """Makes the segments that our own writer fills and our own searches read."""

    def per_document_writer(self, storage: Any, segment: Any) -> Written:  # noqa: ARG002 - Whoosh's signature
        """Nothing is written document by document."""
        return Written()

    def field_writer(self, storage: Any, segment: Any) -> Written:  # noqa: ARG002 - Whoosh's signature
        """Nothing is written term by term."""
        return Written()

    def new_segment(self, storage: Any, indexname: str) -> Any:  # noqa: ARG002 - Whoosh's signature
        """A segment without documents."""
        return W3Segment(self, indexname)
