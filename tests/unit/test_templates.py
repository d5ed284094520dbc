"""Templates: unrelated facts are separate elements, not one text with dots."""

import re

from kb.package_data import feature_template_dirs, templates_dir

# A dot that screen readers do not read, and one that becomes a comma in a label for them.
_SPOKEN_OTHERWISE = re.compile(r'aria-hidden="true">·<|replace\(" · ", ", "\)')
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
# The macro that makes elements of a text, and a feed entry.
_ALLOWED = {"ui/fact_line.html", "feeds/feed_entry.html"}
_RAW_FACTS = re.compile(r"\{\{ (?!page\.file\.)[a-z_.]*facts \}\}")


def test_no_template_puts_a_dot_between_facts() -> None:
    folders = {"": templates_dir(), **{f"{name}/": folder for name, folder in feature_template_dirs().items()}}
    sources = {
        f"{name}{path.relative_to(folder)}": path.read_text(encoding="utf-8")
        for name, folder in folders.items()
        for path in folder.rglob("*.html")
    }
    assert sources
    bare = {name: _SPOKEN_OTHERWISE.sub("", _COMMENT.sub("", source)) for name, source in sources.items()}
    assert {name for name, source in bare.items() if "·" in source} <= _ALLOWED
    assert {name: found for name, source in bare.items() if (found := _RAW_FACTS.findall(source))} == {}
