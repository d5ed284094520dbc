"""The examples in `docs/search.md` work, and the page describes every field and every limit."""

import re
import shlex
from pathlib import Path

from index import DEFAULT_BOUNDS
from kb.model.search_request import SearchRequest
from kb.search.query_syntax import query_syntax_for
from tests.conftest import Kb

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "search.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\$ kb (search .*) \| head -(\d)\n((?:[^$`].*\n)+)", PAGE, re.MULTILINE)


def test_examples_give_the_documented_answers(kb: Kb) -> None:
    assert kb("demo", "--no-serve").code == 0
    assert len(EXAMPLES) == PAGE.count("$ kb search") > 10
    for command, lines, expected in EXAMPLES:
        output = kb(*shlex.split(command)).out.splitlines(keepends=True)[: int(lines)]
        assert "".join(output).replace("\u202f", " ") == expected, command


def test_every_field_is_described() -> None:
    for name in query_syntax_for(SearchRequest(), ()).fields:
        # The hyphens of names are optional, and the page says so.
        assert f"`{name}:`" in PAGE or f"`{name}:`" in PAGE.replace("-", "")


def test_every_limit_is_documented() -> None:
    documented = PAGE.split("## Limits of a query")[1]
    for bound in (
        DEFAULT_BOUNDS.words,
        DEFAULT_BOUNDS.multi_terms,
        DEFAULT_BOUNDS.leading_wildcards,
        DEFAULT_BOUNDS.depth,
        DEFAULT_BOUNDS.expansions,
        f"{DEFAULT_BOUNDS.seconds:g} s",
    ):
        assert f"{bound:,}" in documented if isinstance(bound, int) else bound in documented
