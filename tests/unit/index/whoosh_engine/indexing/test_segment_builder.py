from index import Document, Field, Kind, Schema
from index.whoosh_engine.indexing.segment_builder import BYTES, SegmentBuffer

SCHEMA = Schema(
    "id",
    (
        Field("id", Kind.KEYWORD),
        Field("body", Kind.TEXT),
        Field("exact", Kind.TEXT, exact=True),
        Field("title", Kind.TEXT),
        Field("number", Kind.NUMBER),
    ),
)


def a_document(key: str, title: str, body: str) -> Document:
    values = {"id": (key,), "title": (title,), "body": (title, body), "exact": (title, body), "number": (3,)}
    return Document(key, values, "fr")


def test_a_buffer_is_as_full_as_the_largest_field_of_its_documents() -> None:
    buffer = SegmentBuffer(SCHEMA)
    for number in range(100):
        buffer.add(a_document(str(number), "été", "x" * 12 * BYTES))
    assert buffer.tokens == 100 * (5 + 12 * BYTES) // BYTES


def test_a_document_without_a_text_takes_no_tokens() -> None:
    buffer = SegmentBuffer(SCHEMA)
    buffer.add(Document("1", {"number": (3,), "title": ()}, None))
    assert buffer.tokens == 0
    buffer.add(a_document("2", "", ""))
    assert buffer.tokens == 0
