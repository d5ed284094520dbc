"""What a file says of items, before the base has looked at it. None means: not given."""

from dataclasses import dataclass

from kb.model.annotation import AnnotationKind
from kb.model.group import Visibility


@dataclass(frozen=True, slots=True)
class AuthorDraft:
    """A person as a file names them: by login, by name, or both."""

    login: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """A group as a file names it: by slug, or by name alone (the slug is then made from it)."""

    slug: str | None = None
    name: str | None = None
    description: str | None = None
    visible: Visibility | None = None


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    id: str | None = None
    author: AuthorDraft | None = None
    added: str | None = None
    body: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationDraft:
    kind: AnnotationKind
    id: str | None = None
    author: AuthorDraft | None = None
    added: str | None = None
    quote: str | None = None
    body: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    color: str | None = None
    replies: tuple[ReplyDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """One record of a file. `cut_title` says that the title was shortened by the source ("..." stripped)."""

    id: str | None = None
    group: GroupDraft | None = None
    url: str | None = None
    title: str | None = None
    cut_title: bool = False
    description: str | None = None
    author: AuthorDraft | None = None
    byline: str | None = None
    tags: tuple[str, ...] | None = None
    added: str | None = None
    updated: str | None = None
    published: str | None = None
    source: str | None = None
    language: str | None = None
    views: int | None = None
    annotations: tuple[AnnotationDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something in a file that a person should know of: a line number, or an item's title, and why."""

    why: str
    line: int | None = None
    item: str | None = None
