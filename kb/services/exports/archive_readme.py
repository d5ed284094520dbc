"""The README of the archive of a group, in each language: what each of its files is."""

from collections.abc import Iterator

from kb.formats.group_archive_files import FILES, FOLDERS, GROUP, ITEMS, LISTS, README_NAMES, SAVED_SEARCHES, VOCABULARY
from kb.translation import LANGUAGES, Translator


def archive_readme_files(site: str, group: str) -> Iterator[tuple[str, str]]:
    """The file name and the text of the README in each language; `site` and `group` are names."""
    for language in LANGUAGES:
        say = Translator(language).say
        files = (
            (
                ITEMS,
                say(
                    "The items with their passages, comments and replies, one item a line, in the exchange format of"
                    " Florilège: “kb import” and the import page of a group read it."
                ),
            ),
            (LISTS, say("The lists, one a line; their entries name items and passages by the ids above.")),
            (SAVED_SEARCHES, say("The saved searches, one a line, with their parameters.")),
            (
                VOCABULARY,
                say("The vocabulary of the group, in SKOS (Turtle): the vocabulary page of a group imports it."),
            ),
            (GROUP, say("The name, the settings and the members of the group.")),
            (
                FILES,
                say("The files in the folders “file” and “copy”, one a line: item, name, media type, size, SHA-256."),
            ),
            (FOLDERS[0], say("The documents of items, as they were sent.")),
            (FOLDERS[1], say("The kept copies of pages: HTML, compressed by gzip.")),
        )
        lines = [say("The group %(group)s of %(site)s", group=group, site=site), ""]
        for name, what in files:
            lines += [name, what, ""]
        lines.append(say("Not in it: the private lists of other members, and what is in the trash."))
        lines.append(say("All files are text in UTF-8, times are in UTC."))
        yield README_NAMES[language], "\n".join(lines) + "\n"
