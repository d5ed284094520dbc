"""Idempotent writes of programs: an action and its answer are stored in one transaction, once for each key.

`Idempotency-Key` follows draft-ietf-httpapi-idempotency-key-header: a program that has not received an answer sends the
same request again with the same key, and gets the answer of the first.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from starlette.responses import Response

from kb.access.actor import Actor
from kb.errors import Invalid, NotFound
from kb.model.idempotent_answer import Answer
from kb.services.annotations.annotations import annotation_or_reply
from kb.services.authentication.authentication import with_present_rights
from kb.services.core.idempotency import KeyedRequest, in_one_transaction, run_idempotently
from kb.services.core.library import Library
from kb.services.items.item_edit import item_to_edit
from kb.services.search.saved_searches import changeable_saved_search

_KEY = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"|([\x21\x23-\x7e]{1,255})')
"""A string of Structured Fields, in quotes; or without them, as many programs send it."""


@dataclass(frozen=True, slots=True)
class ProgramRequest:
    """The parts that distinguish one request from all others; `keys` are the values of its header `Idempotency-Key`."""

    method: str
    path: str
    params: Sequence[tuple[str, str]]
    body: bytes
    keys: Sequence[str]


def run_idempotent_write(
    library: Library, actor: Actor, sent: ProgramRequest, act: Callable[[Library], Response]
) -> Response:
    """The answer of an action, once the action and everything it read are committed together. Raises Invalid, and the
    action's errors.

    A key makes no difference for an idempotent method.
    """
    if sent.method != "POST" or not sent.keys:
        with in_one_transaction(library) as within:
            return act(within)
    keyed = KeyedRequest(_parse_key(sent.keys), _fingerprint(sent))
    answer = run_idempotently(
        library,
        actor,
        keyed,
        lambda within: stored_answer(act(within)),
        lambda within, earlier: _check_replay(within, with_present_rights(within, actor), earlier),
    )
    return Response(answer.body, answer.status, dict(answer.headers))


def _check_replay(library: Library, actor: Actor, earlier: Answer) -> None:
    """Check the rights of a repeated request: the resource must exist in a group where the actor still contributes.

    Raises NotFound for a resource that was hidden, removed, deleted or moved out of the actor's reach; Forbidden for an
    actor who may only read.
    """
    place = next((value for name, value in earlier.headers if name.lower() == "location"), "")
    kind, _, made_id = place.removeprefix("/api/v1/").partition("/")
    match kind:
        case "items":
            item_to_edit(library, actor, made_id)
        case "annotations":
            item_to_edit(library, actor, annotation_or_reply(library, actor, made_id).item.id)
        case "saved-searches":
            changeable_saved_search(library, actor, made_id)
        case _ if place:
            # The address of an annotation in a protocol of programs, which its id ends.
            item_to_edit(library, actor, annotation_or_reply(library, actor, place.rpartition("/")[2]).item.id)
        case _:
            raise NotFound("There is nothing at this address.")


def _parse_key(values: Sequence[str]) -> str:
    read = _KEY.fullmatch(values[0].strip()) if len(values) == 1 else None
    if read is None:
        raise Invalid("“Idempotency-Key” should be one text of 1 to 255 characters of ASCII, such as a UUID.")
    return re.sub(r"\\(.)", r"\1", read[1]) if read[1] is not None else read[2]


def _fingerprint(sent: ProgramRequest) -> str:
    whole = (sent.method, sent.path, tuple(sent.params), sent.body)
    return blake2b(repr(whole).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def stored_answer(response: Response) -> Answer:
    """What the store keeps of an answer."""
    headers = tuple((name, value) for name, value in response.headers.items() if name != "content-length")
    return Answer(response.status_code, headers, bytes(response.body).decode())
