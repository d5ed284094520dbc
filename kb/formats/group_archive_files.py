"""The names of the files in the archive of a group, by which an import knows the archive."""

ITEMS, LISTS, SAVED_SEARCHES, VOCABULARY, GROUP, FILES = (
    "items.jsonl", "lists.jsonl", "saved-searches.jsonl", "vocabulary.ttl", "group.json", "files.jsonl",
)  # fmt: skip
"""The files of each archive: items as `kb import` reads them, the vocabulary as `kb vocabulary import` does. FILES
describes the files of items, which are in the folders.
"""
README_NAMES = {"fr": "LISEZ-MOI.txt", "en": "README.txt"}
"""By language."""
FOLDERS = ("file/", "copy/")
"""Of the documents of items, and of the copies of their pages."""
