"""The table of what programs sent with annotations, beyond what the site knows of one."""

from sqlalchemy import Column, ForeignKey, Index, Table

from kb.store.tables.table_columns import StorableText, metadata

# `facts` is a JSON object, as `SentAnnotation.facts_text` writes it; `user_id` is the user of the program. The id is no
# foreign key: an annotation that is restored from the trash has its row still.
web_annotation_facts = Table(
    "web_annotation_facts",
    metadata,
    Column("annotation_id", StorableText, primary_key=True),
    Column("item_id", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("users.id"), nullable=False),
    Column("facts", StorableText, nullable=False),
    Index("web_annotation_facts_item", "item_id"),
    Index("web_annotation_facts_user", "user_id"),
)
