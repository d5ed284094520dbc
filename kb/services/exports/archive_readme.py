"""The README of the archive of a group, in each language: what each of its files is."""

from collections.abc import Iterator

from kb.translation import LANGUAGES, Translator

_NAMES = {"fr": "LISEZ-MOI.txt", "en": "README.txt"}


def archive_readme_files(site: str, group: str) -> Iterator[tuple[str, str]]:
    """The file name and the text of the README in each language; `site` and `group` are names."""
    for language in LANGUAGES:
        say = Translator(language).say
        files = (
            (
                "items.jsonl",
                say(
                    "The items with their passages, comments and replies, one item a line, in the exchange format of"
                    " Florilège: “kb import” and the import page of a group read it."
                ),
            ),
            ("lists.jsonl", say("The lists, one a line; their entries name items and passages by the ids above.")),
            ("saved-searches.jsonl", say("The saved searches, one a line, with their parameters.")),
            (
                "vocabulary.ttl",
                say("The vocabulary of the group, in SKOS (Turtle): the vocabulary page of a group imports it."),
            ),
            ("group.json", say("The name, the settings and the members of the group.")),
            (
                "files.jsonl",
                say("The files in the folders “file” and “copy”, one a line: item, name, media type, size, SHA-256."),
            ),
            ("file/", say("The documents of items, as they were sent.")),
            ("copy/", say("The kept copies of pages: HTML, compressed by gzip.")),
        )
        lines = [say("The group %(group)s of %(site)s", group=group, site=site), ""]
        for name, what in files:
            lines += [name, what, ""]
        lines.append(say("Not in it: the private lists of other members, and what is in the trash."))
        lines.append(say("All files are text in UTF-8, times are in UTC."))
        yield _NAMES[language], "\n".join(lines) + "\n"
