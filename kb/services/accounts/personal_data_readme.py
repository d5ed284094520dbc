"""The README files of a personal data export: they describe each file, in French and English."""

from collections.abc import Iterator

from kb.translation import LANGUAGES, Translator

_FILE_NAMES = {"fr": "LISEZ-MOI.txt", "en": "README.txt"}


def readme_files(site: str, name: str) -> Iterator[tuple[str, str]]:
    """The file name and the text of the README in each language."""
    for language in LANGUAGES:
        words = Translator(language)
        lines = (
            words.say("What %(site)s holds of %(name)s", site=site, name=name),
            "",
            "account.json",
            words.say(
                "The name, the account and what belongs to it: sessions, tokens, keys of feeds, identities, groups and"
                " roles, requests, invitations, lists, files sent, reading list, likes, mentions, reports. Secrets are"
                " not in it: the site keeps none."
            ),
            "",
            "contributions.jsonl",
            words.say(
                "The items that were shared and all annotations and replies that were written, one item a line, in the"
                " exchange format of Florilège: “kb import” reads it. Of the words of others it holds nothing."
            ),
            "",
            "no-longer-readable.jsonl",
            words.say(
                "Your words in groups that you may not read any more, one a line: what you wrote, without the titles,"
                " the passages of others and the names of groups around it."
            ),
            "",
            "log.jsonl",
            words.say("What the log tells of this person, one act a line, the latest first."),
            "",
            "set-aside.jsonl",
            words.say("What this person wrote of what is hidden, or in the bin and can still come back."),
            "",
            words.say("All files are text in UTF-8, times are in UTC."),
        )
        yield _FILE_NAMES[language], "\n".join(lines) + "\n"
