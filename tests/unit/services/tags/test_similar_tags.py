"""Similar tags are grouped, and no others."""

from kb.services.tags.similar_tags import similar_tag_groups
from kb.services.tags.tags import TagCount


def groups(*labels: str) -> list[set[str]]:
    groups = similar_tag_groups([TagCount(label, 10 - place) for place, label in enumerate(labels)])
    return [{tag.label for tag in group.tags} for group in groups]


def test_accents_hyphens_plurals_and_slips_are_seen() -> None:
    assert groups("énergie", "energies", "eau") == [{"énergie", "energies"}]
    assert groups("co-construction", "co construction") == [{"co-construction", "co construction"}]
    assert groups("médiathèque", "médiatèque", "bibliothèque") == [{"médiathèque", "médiatèque"}]
    assert groups("territoire", "teritoire", "territoires") == [{"territoire", "teritoire", "territoires"}]


def test_short_words_years_and_signs_are_left_alone() -> None:
    assert groups("eau", "eav", "plan 2014", "plan 2015", "🗺️", "📚", "rue", "rhume") == []
    assert similar_tag_groups([]) == ()


def test_thousands_of_tags_are_compared() -> None:
    labels = [
        f"étiquette {chr(97 + number % 26)}{chr(97 + number // 26 % 26)}x{number // 676 * 'y'}"
        for number in range(3000)
    ]
    assert len(groups(*labels)) <= 20
