"""The text fields of the index that a query can name, declared once.

Schema, documents, query syntax and marks read this list. To add a field of a bibliographic record, add an entry here
(docs/tour.md has the whole recipe).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextField:
    """A field with words of a document, which are also in the field of all its words.

    `name`: the field of the index. `query_names`: its names in queries, in French and in English; empty for a field
    that other names search (`author:`). `record`: the field of the bibliographic record whose words it holds; empty for
    words of users. `exact`: words are folded, not stemmed, as names are.
    """

    name: str
    query_names: tuple[str, ...] = ()
    record: str = ""
    exact: bool = False


TEXT_FIELDS = (
    TextField("title", ("titre", "title"), "title"),
    TextField("description", ("description",), "description"),
    TextField("highlight", ("surlignage", "surlignages", "highlight", "highlights")),
    TextField("note", ("note", "notes")),
    TextField("comment", ("commentaire", "commentaires", "comment", "comments")),
    TextField("reply", ("réponse", "réponses", "reply", "replies")),
    TextField("source_words", ("source",), "source"),
    # Names, of who wrote the page and of who shared the item: they have no inflected forms.
    TextField("byline_words", record="byline", exact=True),
    TextField("publisher_words", ("éditeur", "publisher"), "publisher", exact=True),
    TextField("author_name", exact=True),
)
"""In the order of the schema, which is part of the index fingerprint."""

RECORD_LINES = tuple(field for field in TEXT_FIELDS if field.record and field.record not in {"title", "description"})
"""Those of the bibliographic fields that follow the texts of an item, and that its passages have too."""
