"""Compiled templates are read from files while nothing changes that they are made from."""

import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from jinja2 import DictLoader, Environment

from kb.web.ui import compiled_templates
from kb.web.ui.compiled_templates import CompiledTemplates


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with patch.object(compiled_templates, "_FOLDER", tmp_path):
        yield tmp_path


def rendered(source: str, language: str = "fr", word: str = "mot") -> tuple[str, bool]:
    """A page of a template, by a new process as it were; and whether the template was compiled."""
    environment = Environment(
        loader=DictLoader({"page.html": source}), bytecode_cache=CompiledTemplates(language), autoescape=True
    )
    with patch.object(environment, "_generate", wraps=environment._generate) as generate:
        page = environment.get_template("page.html").render(word=word)
    return page, generate.called


def test_a_template_is_compiled_once(folder: Path) -> None:
    assert rendered("<p>{{ word }}", word="<b>") == ("<p>&lt;b&gt;", True)
    assert rendered("<p>{{ word }}", word="<i>") == ("<p>&lt;i&gt;", False)
    assert len(list(folder.iterdir())) == 1


def test_a_language_has_templates_of_its_own() -> None:
    rendered("{{ word }}", "fr")
    assert rendered("{{ word }}", "en") == ("mot", True)
    assert rendered("{{ word }}", "en") == rendered("{{ word }}", "fr") == ("mot", False)


def test_another_source_is_compiled_anew_in_place_of_the_former(folder: Path) -> None:
    rendered("{{ word }}")
    assert rendered("{{ word }}.") == ("mot.", True)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("changed", ["code", "translations"])
def test_other_code_and_other_translations_compile_anew(changed: str, tmp_path: Path) -> None:
    folder = tmp_path / "made_of" / "fr"
    folder.mkdir(parents=True)
    file = folder / "kb.po"
    file.write_text("former", encoding="utf-8")
    what = {"code": ("_CODE", (file,)), "translations": ("locale_dir", lambda: folder.parent)}[changed]
    with patch.object(compiled_templates, *what):
        rendered("{{ word }}")
        assert rendered("{{ word }}")[1] is False
        file.write_text("a new text", encoding="utf-8")
        assert rendered("{{ word }}") == ("mot", True)


def test_a_damaged_file_is_compiled_anew(folder: Path) -> None:
    rendered("{{ word }}")
    (file,) = folder.iterdir()
    for content in (b"", file.read_bytes()[:-20]):
        file.write_bytes(content)
        assert rendered("{{ word }}") == ("mot", True)


def test_without_a_place_for_files_templates_are_compiled_all_the_same(folder: Path) -> None:
    with patch.object(compiled_templates, "_FOLDER", folder / "missing"):
        assert rendered("{{ word }}") == rendered("{{ word }}") == ("mot", True)
    with patch.object(sys, "dont_write_bytecode", True):
        assert rendered("{{ word }}") == rendered("{{ word }}") == ("mot", True)
    assert not list(folder.iterdir())


def test_others_may_read_what_was_compiled(folder: Path) -> None:
    rendered("{{ word }}")
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == Path(compiled_templates.__file__).stat().st_mode & 0o666
