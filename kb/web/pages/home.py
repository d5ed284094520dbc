"""The first page: what this is, a search box, the groups, and what came last."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.library.results import Results
from kb.library.search import find
from kb.model.search import SearchRequest
from kb.web.context import Context
from kb.web.pages.facets import WHOLE_LIMIT
from kb.web.pages.forms import SearchForm, search_form
from kb.web.pages.pieces import Asked, Link
from kb.web.pages.rows import ResultRow, RowMaker
from kb.web.render import render

RECENT = 5


@dataclass(frozen=True, slots=True)
class HomePage:
    """`examples` are searches that show what one can type."""

    title: str
    form: SearchForm
    total: str
    examples: tuple[Link, ...]
    groups: tuple[Link, ...]
    rows: tuple[ResultRow, ...]
    all_items: str

    @classmethod
    def of(cls, results: Results, context: Context) -> "HomePage":
        words, addresses = context.words, context.addresses
        groups = results.facets.get("group", ())
        asked, base_url = Asked(SearchRequest(), words, addresses), context.library.settings.base_url
        maker = RowMaker(asked, base_url, many_groups=len(groups) > 1, most=1)
        return cls(
            title=context.library.settings.site_name,
            form=search_form(SearchRequest(), words, lang=context.choice.carried),
            total=words.plural("%(count)s item", "%(count)s items", results.total) if results.total else "",
            examples=_examples(context, results),
            groups=tuple(
                Link(
                    group.label,
                    addresses.search(SearchRequest(group=(group.value,))),
                    words.plural("%(count)s item", "%(count)s items", group.count),
                )
                for group in groups
            ),
            rows=tuple(maker.item_row(row) for row in results.rows),
            all_items=addresses.search(SearchRequest()),
        )


def home_page(context: Context) -> Response:
    results = find(context.library, context.actor, SearchRequest(per_page=RECENT, facet_limit=WHOLE_LIMIT))
    return render(context, "home.html", HomePage.of(results, context))


def _examples(context: Context, results: Results) -> tuple[Link, ...]:
    """Searches that show the language, with a tag of this very library."""
    words, addresses = context.words, context.addresses
    tag = next((value.label for value in results.facets.get("tag", ())), "")
    asked = (
        (words.say("“public service”"), words.say("the exact phrase")),
        (words.say("digit*"), words.say("all that begins so")),
        (words.say("training -school"), words.say("one word without another")),
        (words.say("tag:%(tag)s", tag=f'"{tag}"' if " " in tag else tag), words.say("the items that bear a tag")),
    )
    return tuple(
        Link(query, addresses.search(SearchRequest(q=query)), meaning) for query, meaning in asked[: 4 if tag else 3]
    )
