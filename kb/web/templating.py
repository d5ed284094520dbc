"""Jinja as pages want it: one environment for each language, with all that does not change worked out beforehand.

The sentences of a template are put into the reader's language when it is compiled, and not at each page. What a page
object has is asked of it as Python asks: nothing is looked for elsewhere, and what is missing is an error.
"""

from collections.abc import Callable
from functools import cache
from keyword import iskeyword

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from kb.resources import templates_dir
from kb.translating import LANGUAGES, catalogue


@cache
def environment_of(language: str) -> Environment:
    """The templates of a language; all that they show is escaped."""
    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(marked=marked, tongue=tongue)
    environment.code_generator_class = _generator_of(catalogue(language).gettext)
    return environment


def read_templates() -> None:
    """Read and compile every template, in every language, so that no reader waits for it."""
    for language in LANGUAGES:
        environment = environment_of(language)
        for name in environment.list_templates():
            environment.get_template(name)


def shown(value: object) -> str:
    """What a template writes of a value: what `markupsafe.escape` gives, as plain text, which takes half the time."""
    if type(value) is str:
        # In this order, which is also the usual one: the ampersand is in all the others.
        return (
            value.replace("&", "&amp;")
            .replace(">", "&gt;")
            .replace("<", "&lt;")
            .replace("'", "&#39;")
            .replace('"', "&#34;")
        )
    if type(value) is Markup:
        return value
    return str(value) if type(value) is int else escape(value)


def marked(pieces: tuple[tuple[str, bool], ...]) -> Markup:
    """A text in pieces, those that were found between `mark` tags."""
    parts = [f"<mark>{shown(text)}</mark>" if is_marked else shown(text) for text, is_marked in pieces]
    return Markup("".join(parts))  # noqa: S704 - each part is escaped


def tongue(language: str | None) -> Markup:
    """The attribute of a tag whose text is in another language than the page; nothing when it is not."""
    return Markup(f' lang="{shown(language)}"' if language else "")  # noqa: S704 - the language is escaped


class _Sentences(NodeTransformer):
    """Puts a sentence without values in the place of the call that would say it, as Jinja's own `_` would at a page."""

    def __init__(self, say: Callable[[str], str]) -> None:
        self._say = say

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        if not (
            isinstance(node.node, nodes.Name) and node.node.name == "_" and not node.kwargs and len(node.args) == 1
        ):
            return node
        sentence = node.args[0].as_const()
        return nodes.Const(Markup(self._say(sentence)) % {}, lineno=node.lineno)  # noqa: S704 - our own words


def _generator_of(say: Callable[[str], str]) -> type[CodeGenerator]:
    class Generator(CodeGenerator):
        def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
            super().visit_Template(_Sentences(say).visit(node), frame)
            self.writeline("from kb.web.templating import shown as escape")

        def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
            if iskeyword(node.attr):
                super().visit_Getattr(node, frame)
                return
            self.write("(")
            self.visit(node.node, frame)
            self.write(f").{node.attr}")

    return Generator
