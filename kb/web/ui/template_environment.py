"""The Jinja environments: one for each language, with all constant parts computed in advance.

A template's sentences are translated when the template is compiled, not at each request. A template reads a page
object's attributes as Python does: there is no fallback lookup, and a missing attribute is an error.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from keyword import iskeyword

import markupsafe
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from kb.model.people.account import SHORTEST_PASSWORD
from kb.model.people.mention import NAMED
from kb.model.truncation import truncate
from kb.package_data import feature_template_dirs, templates_dir
from kb.translation import LANGUAGES, Translator, message_catalogue
from kb.web.http.files.static_files import all_static_files, static_file_address
from kb.web.ui.compiled_templates import CompiledTemplates
from kb.web.ui.display_text import foreign_language, group_name, title_or_url
from kb.web.ui.file_sizes import file_size
from kb.web.ui.form_options import role_name, visibility_name
from kb.web.ui.local_time import html_time

_escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", lambda text: str(escape(text)))
"""The function that `escape` calls (MarkupSafe 3), before it wraps the result in a Markup."""
_markup: Callable[[str], Markup] = partial(str.__new__, Markup)
"""`Markup` for a text whose parts are escaped, without its search for a method `__html__`: a page makes hundreds."""


@cache
def jinja_environment(language: str) -> Environment:
    """The templates in a language; all values in them are escaped."""
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(templates_dir()),
                # Those of a feature have its name before theirs: `reports/group_report.html`.
                PrefixLoader({name: FileSystemLoader(folder) for name, folder in feature_template_dirs().items()}),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=CompiledTemplates(language),
    )
    environment.install_gettext_translations(message_catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(gettext=_sentences(language), _=_sentences(language))
    translator = Translator(language)
    environment.globals.update(ngettext=translator.ngettext)
    environment.filters.update(
        instant=translator.instant, number=translator.number, period=translator.period, sentence=translator.sentence
    )
    environment.filters.update(
        group_name=partial(group_name, translator=translator),
        role_name=partial(role_name, translator=translator),
        visibility_name=partial(visibility_name, translator=translator),
        language_name=translator.language_name,
        title_or_url=title_or_url,
        shorten=truncate,
        html_time=html_time,
        file_size=partial(file_size, translator=translator),
    )
    environment.filters.update(marked=mark_matches, with_mentions=mark_mentions, lang=lang_attribute)
    environment.filters.update(item_lang=lambda item: lang_attribute(foreign_language(item, translator)))
    # Letters with accents as they are: as escapes, they would take three times the bytes.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.globals.update(static=static_file_address, script=script_tag, shortest_password=SHORTEST_PASSWORD)
    environment.code_generator_class = _generator_of(message_catalogue(language).gettext)
    return environment


def _sentences(language: str) -> Callable[..., Markup]:
    """The `_` of templates: a translated message with its values, escaped."""
    translator = Translator(language)

    def gettext(message: str, /, **values: object) -> Markup:
        text, written = translator.message_and_values(message, values)
        return Markup(text) % written  # noqa: S704 - our own words

    return gettext


def read_templates(is_stopped: Callable[[], bool]) -> None:
    """Read and compile every template, in every language, so that no reader waits for it; end early once stopped."""
    for language in LANGUAGES:
        environment = jinja_environment(language)
        for name in environment.list_templates():
            if is_stopped():
                return
            environment.get_template(name)


def escaped(value: object) -> str:
    """The output of a value in a template: that of `markupsafe.escape`, as plain text, which takes half the time."""
    if type(value) is str:
        return _escape_text(value)
    if type(value) is Markup:
        return value
    return str(value) if type(value) is int else escape(value)


def call(context: Context, what: Callable[..., object], *arguments: object, **extra: object) -> object:
    """A call in a template without keyword arguments, as `Context.call`, but without its checks at each page: a macro
    takes no context, and with all arguments given it needs nothing else. A page of results makes a hundred calls.
    """
    if type(what) is Macro and len(arguments) == len(what.arguments) and not (what.catch_varargs or what.caller):
        return _markup(what._func(*arguments))
    return context.call(what, *arguments, **extra)


@cache
def script_tag(name: str) -> Markup:
    """The tag of one of our scripts, with the hash that a browser checks (Subresource Integrity)."""
    source, integrity = static_file_address(name), all_static_files()[name].integrity
    return Markup(f'<script src="{source}" integrity="{integrity}" defer></script>')  # noqa: S704 - our own names


def mark_matches(pieces: tuple[tuple[str, bool], ...]) -> Markup:
    """A text in pieces, with the found ones between `mark` tags."""
    if len(pieces) == 1 and not pieces[0][1]:
        return _markup(_escape_text(pieces[0][0]))
    parts = [f"<mark>{escaped(text)}</mark>" if is_marked else escaped(text) for text, is_marked in pieces]
    return _markup("".join(parts))


def mark_mentions(pieces: tuple[tuple[str, bool], ...], people: Mapping[str, str]) -> Markup:
    """As `mark_matches`, and the `@login` of each of these people is a link to the given address."""
    if not people:
        return mark_matches(pieces)
    parts = []
    for text, is_marked in pieces:
        text_with_links = "".join(_link_mentions(text, people))
        parts.append(f"<mark>{text_with_links}</mark>" if is_marked else text_with_links)
    return Markup("".join(parts))  # noqa: S704 - each part is escaped


def _link_mentions(text: str, people: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for match in NAMED.finditer(text):
        href = people.get(match["login"].lower())
        if href is not None:
            yield escaped(text[end : match.start()])
            yield f'<a href="{escaped(href)}">{escaped(match[0])}</a>'
            end = match.end()
    yield escaped(text[end:])


def lang_attribute(language: str | None) -> Markup:
    """The attribute of a tag with text in another language than the page; empty otherwise."""
    return _markup(f' lang="{escaped(language)}"' if language else "")


class _SentenceInliner(NodeTransformer):
    """Replaces the call that would translate a constant sentence by its translation, as Jinja's own `_` would at each
    page.
    """

    def __init__(self, gettext: Callable[[str], str]) -> None:
        self._gettext = gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        if not (
            isinstance(node.node, nodes.Name) and node.node.name == "_" and not node.kwargs and len(node.args) == 1
        ):
            return node
        sentence = node.args[0].as_const()
        return nodes.Const(Markup(self._gettext(sentence)) % {}, lineno=node.lineno)  # noqa: S704 - our own words


def _generator_of(gettext: Callable[[str], str]) -> type[CodeGenerator]:
    class Generator(CodeGenerator):
        def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
            super().visit_Template(_SentenceInliner(gettext).visit(node), frame)
            self.writeline("from kb.web.ui.template_environment import _escape_text, call, escaped as escape")

        def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
            # `escaped` without its call, for texts: a page of results writes fifteen hundred values.
            if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
                super()._output_child_pre(node, frame, finalize)
            else:
                self.write("(_escape_text(output) if type(output := (")

        def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
            if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
                super()._output_child_post(node, frame, finalize)
            else:
                self.write(")) is str else escape(output))")

        def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
            if forward_caller or node.kwargs or node.dyn_args or node.dyn_kwargs:
                super().visit_Call(node, frame, forward_caller=forward_caller)
                return
            self.write("call(context, ")
            self.visit(node.node, frame)
            loop, block = frame.loop_frame, frame.block_frame
            extra = {name: name for name, used in (("_loop_vars", loop), ("_block_vars", block)) if used}
            self.signature(node, frame, extra)
            self.write(")")

        def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
            if iskeyword(node.attr):
                super().visit_Getattr(node, frame)
                return
            self.write("(")
            self.visit(node.node, frame)
            self.write(f").{node.attr}")

    return Generator
