"""The content of a list row for an item."""

from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.search_request import SearchRequest, Sort, View
from kb.search.marks import MatchedText
from kb.services.search.result_types import SearchHit
from kb.translation import Translator
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import Addresses
from kb.web.pages.listing.result_rows import COLLAPSED_PASSAGES, LONGEST_WHOLE, ResultRow, RowBuilder
from kb.web.ui.display_text import Link, ListingContext, joined_text
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item

CLAIRE, PAUL = a_user("claire", "Claire Aubert"), a_user("paul-roy", "Paul Roy")
LECTURES = a_group("lectures", "Lectures communes")


def row(
    item: Item, *matches: MatchedText, whole: bool = True, many_groups: bool = False, **fields: object
) -> ResultRow:
    place = ListingScope("lectures") if whole else SEARCH_SCOPE
    request = SearchRequest(group=("lectures",) if whole else (), **fields)  # type: ignore[arg-type]
    maker = RowBuilder(
        ListingContext(request, Translator("fr"), Addresses(), place),
        "https://florilege.example",
        whole=whole,
        many_groups=many_groups,
    )
    return maker.item_row(SearchHit(item, LECTURES, None, None, matches))


def highlights(count: int) -> list[Annotation]:
    return [an_annotation(f"Passage {number}.", id=f"h{number}") for number in range(count)]


def test_a_library_shows_three_passages_and_collapses_the_others_in_page_order() -> None:
    note = an_annotation("Passage noté.", id="n", body="Vraiment ?")
    result = row(an_item(annotations=[*highlights(2), note, *highlights(6)[2:]]))
    assert [block.id for block in result.blocks] == ["h0", "h1", "n"]
    assert result.collapsed
    assert result.collapsed.label == "… 4 autres annotations"
    assert [block.id for block in result.collapsed.blocks] == ["h2", "h3", "h4", "h5"]
    assert result.collapsed.more is None
    assert result.passages == ()


def test_a_collapsed_section_may_hold_one_passage() -> None:
    result = row(an_item(annotations=highlights(4)))
    assert result.collapsed
    assert result.collapsed.label == "… 1 autre annotation"
    assert row(an_item(annotations=highlights(3))).collapsed is None


def test_a_collapsed_section_is_bounded_and_links_to_the_item() -> None:
    result = row(an_item(id="i", annotations=highlights(3 + COLLAPSED_PASSAGES + 2)))
    assert result.collapsed
    assert len(result.collapsed.blocks) == COLLAPSED_PASSAGES
    assert result.collapsed.more
    assert (result.collapsed.more.label, result.collapsed.more.href) == ("… 2 autres annotations", "/items/i")


def test_comments_are_separate_with_their_threads() -> None:
    comment = an_annotation(
        None,
        id="c",
        body="À relire.",
        author=PAUL,
        added="2014-12-01",
        replies=[a_reply("Relu.", author=CLAIRE, added="2015-01-01")],
    )
    result = row(an_item(author=CLAIRE, annotations=[comment, *highlights(1)]))
    assert [block.id for block in result.blocks] == ["h0"]
    (comment_shown,) = result.comments
    assert (joined_text(comment_shown.body), comment_shown.by) == ("À relire.", "Paul Roy, 1er décembre 2014")
    assert [(joined_text(reply.body), reply.by) for reply in comment_shown.replies] == [
        ("Relu.", "Claire Aubert, 1er janvier 2015")
    ]


def test_a_long_conversation_goes_on_on_the_page_of_the_item() -> None:
    comments = [an_annotation(None, id=f"c{number}", body="Oui.") for number in range(7)]
    thread = an_annotation(None, id="t", body="Non.", replies=[a_reply() for _ in range(8)])
    result = row(an_item(id="i", annotations=[thread, *comments]))
    assert len(result.comments) == 5
    assert result.more
    assert (result.more.label, result.more.href) == ("… 3 autres annotations", "/items/i")
    assert len(result.comments[0].replies) == 5
    assert result.comments[0].more
    assert result.comments[0].more.href == "/items/i#a-t"


def test_the_words_found_come_first_and_are_not_repeated() -> None:
    match = MatchedText("highlight", "h4", (("Passage ", False), ("4", True), (".", False)))
    item = an_item(annotations=[*highlights(5), an_annotation(None, id="c", body="Dit.")])
    result = row(item, match, q="4")
    assert [passage.pieces for passage in result.passages] == [match.pieces]
    assert result.blocks == ()
    assert result.collapsed
    assert [block.id for block in result.collapsed.blocks] == ["h0", "h1", "h2", "h3"]
    assert [block.id for block in result.comments] == ["c"]


def test_a_comment_whose_reply_was_found_is_still_there() -> None:
    comment = an_annotation(None, id="c", body="Dit.", replies=[a_reply("Répondu.")])
    result = row(an_item(annotations=[comment]), MatchedText("reply", "c", (("Répondu.", True),)), q="répondu")
    assert [passage.by for passage in result.passages] == ["Réponse"]
    assert [block.id for block in result.comments] == ["c"]


def test_a_text_is_whole_to_the_letter_and_a_very_long_one_leads_to_its_end() -> None:
    exact = "Une  école\nou un conservatoire… « oui »"
    result = row(an_item(id="i", annotations=[an_annotation(exact), an_annotation("mot " * 500, id="long")]))
    assert joined_text(result.blocks[0].quote) == exact
    assert result.blocks[0].at.label == "lien"
    assert len(joined_text(result.blocks[1].quote)) <= LONGEST_WHOLE + 2
    assert (result.blocks[1].at.label, result.blocks[1].at.href) == ("la suite", "/items/i#a-long")


def test_the_dates_of_the_contributors_own_marks_are_left_to_the_page_of_the_item() -> None:
    own = an_annotation("Un.", author=CLAIRE, added="2014-11-07")
    other = an_annotation("Deux.", author=PAUL, added="2014-11-08")
    result = row(an_item(author=CLAIRE, annotations=[own, other]))
    assert [block.by for block in result.blocks] == ["", "Paul Roy, 8 novembre 2014"]


def test_a_row_names_its_source_and_filters_by_its_contributor() -> None:
    item = an_item(author=CLAIRE, published="2014-11", source="La Gazette", views=0)
    result = row(item)
    assert (result.date, result.group) == ("novembre 2014", None)
    contributor = Link("Claire Aubert", "/g/lectures?author=claire", "partagé par ")
    assert result.here == (contributor, Link("0 vue", ""))
    short_row = row(item, whole=False, many_groups=True)
    assert short_row.group == Link("Lectures communes", "/g/lectures")
    assert short_row.here == (Link("Claire Aubert", "/search?author=claire", "partagé par "),)
    assert row(item, whole=False, sort=Sort.POPULAR).here[1] == Link("0 vue", "")


def test_in_a_list_of_passages_the_contributor_does_not_narrow() -> None:
    result = row(an_item(author=CLAIRE), whole=False, view=View.PASSAGES)
    assert result.here == (Link("Claire Aubert", "", "partagé par "),)


def test_a_row_counts_the_tags_that_it_leaves_out() -> None:
    result = row(an_item(id="i", tags=[f"mot {number}" for number in range(300)]))
    assert len(result.tags) == 12
    assert result.more_tags is not None
    assert (result.more_tags.label, result.more_tags.href) == ("+288 mots-clés", "/items/i")
    assert row(an_item(tags=["un", "deux"])).more_tags is None


def test_a_tag_narrows_and_one_that_is_chosen_says_so() -> None:
    result = row(an_item(tags=["Agents", "données ouvertes"]), tag=("agents",))
    assert [tag.current for tag in result.tags] == [True, False]
    assert result.tags[1].href == "/g/lectures?tag=agents&tag=donn%C3%A9es+ouvertes"


def test_a_long_title_is_cut_in_a_list() -> None:
    title = (
        "Écrire le ruissellement dans le plan local d’urbanisme : " + "sept communes comparent leurs règlements, " * 3
    )
    cut = joined_text(row(an_item(title)).title)
    assert cut == title[: title.rindex("comparent")].rstrip() + "\u00a0…"


def test_results_show_beginnings_that_lead_to_the_whole_and_the_rest_one_link_away() -> None:
    item = an_item(id="i", annotations=[an_annotation(None, id="c", body="Dit."), *highlights(4)])
    result = row(item, whole=False)
    assert ([passage.href for passage in result.passages], result.is_brief) == (["/items/i#a-h0"], True)
    assert result.annotations == Link("5 annotations", "/items/i")
    found = [MatchedText("highlight", f"h{number}", (("Passage", True),)) for number in range(4)]
    result = row(item, *found, whole=False, q="passage")
    assert [passage.href for passage in result.passages] == [f"/items/i?q=passage#a-h{number}" for number in range(3)]
    assert (result.annotations, result.is_brief) == (Link("5 annotations", "/items/i?q=passage"), False)
    assert (result.blocks, result.collapsed, result.comments) == ((), None, ())


def test_a_description_is_shown_before_the_passages_of_a_library() -> None:
    item = an_item(description="Un dossier.", annotations=highlights(1))
    assert [passage.by for passage in row(item).passages] == ["Description"]
    assert [passage.kind for passage in row(item, whole=False).passages] == ["highlight"]
