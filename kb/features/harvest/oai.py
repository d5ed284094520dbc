"""`/oai`: what everyone may read, harvested with OAI-PMH 2.0.

Nothing depends on the caller: a token or a session opens no more here. Two requests for what does not exist, and for
what not everyone may read, have the same answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from itertools import islice

from starlette.responses import Response

from kb.errors import NotFound
from kb.features.harvest import oai_xml
from kb.features.harvest.harvest_sets import harvest_set, harvest_sets
from kb.features.harvest.harvests import (
    HarvestedRecord,
    Repository,
    harvest_limit,
    harvest_range,
    harvest_repository,
    harvest_size,
    harvested_record,
    harvested_records,
)
from kb.features.harvest.oai_arguments import (
    TOKEN_HOURS,
    ListPosition,
    OaiError,
    checked_arguments,
    period_of,
    read_token,
)
from kb.formats.shared.export_format import ExportDetails
from kb.services.core.library import Library
from kb.services.core.site_identity import site_identity
from kb.services.exports.exports import export_details
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import parse_form_fields

PART = 200
"""Records, or sets, of one answer."""
_PART_BYTES = 1_000_000
"""An answer ends with the record that passes this size."""
_MEDIA_TYPE = "text/xml; charset=utf-8"
_NOTHING = ("noRecordsMatch", "No record is in this set and this period.")
_GONE = ("badResumptionToken", "The list cannot be continued: begin it again.")


def handle_oai_post(context: RequestContext, _headers: object) -> Response:
    """The same for a form, whose fields are the arguments. Raises Invalid for another body."""
    return oai_answer(replace(context, params=(*context.params, *parse_form_fields(context.body))))


def oai_answer(context: RequestContext) -> Response:
    """The answer to a request, whose arguments are those of the address. Raises Unavailable."""
    # The time before anything is read: a change that this answer does not have is later.
    now = datetime.now(UTC)
    base_url = f"{context.library.settings.base_url}/oai"
    repeated: dict[str, str] = {}
    try:
        arguments = checked_arguments(context.params)
        repeated = arguments
        body = [*_body(context, arguments, now)]
    except OaiError as error:
        body = [oai_xml.error_element(error.code, error.message)]
        if error.code in {"badVerb", "badArgument"}:
            repeated = {}
    content = b"".join(oai_xml.oai_document(now, base_url, repeated, body))
    return Response(content, media_type=_MEDIA_TYPE, headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def _body(context: RequestContext, arguments: dict[str, str], now: datetime) -> Iterator[bytes]:
    """The element of the verb, in pieces. Raises OaiError."""
    verb, settings = arguments["verb"], context.library.settings
    repository = harvest_repository(context.library)
    match verb:
        case "Identify":
            email = _email(settings.mail_from)
            name = site_identity(context.library).name
            yield oai_xml.identify_element(name, f"{settings.base_url}/oai", email, repository.earliest)
        case "ListMetadataFormats":
            if "identifier" in arguments:
                _record(context, repository, arguments["identifier"])
            yield oai_xml.metadata_formats_element()
        case "ListSets":
            yield from _wrapped(verb, _sets(context, repository, arguments, now))
        case "GetRecord":
            prefix = _known_prefix(arguments["metadataPrefix"])
            record = _record(context, repository, arguments["identifier"])
            yield from _wrapped(
                verb, (oai_xml.record_element(record, repository.authority, prefix, _details(context)),)
            )
        case _:
            yield from _wrapped(verb, _records(context, repository, arguments, now))


def _wrapped(verb: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield f"<{verb}>\n".encode()
    yield from pieces
    yield f"</{verb}>\n".encode()


def _sets(context: RequestContext, repository: Repository, arguments: dict[str, str], now: datetime) -> Iterator[bytes]:
    position = ListPosition("ListSets")
    if "resumptionToken" in arguments:
        position = read_token(arguments["resumptionToken"], "ListSets", repository.identity, now)
    sets = list(islice(harvest_sets(context.library, position.spec), PART + 1))
    listed = sets[:PART]
    yield from map(oai_xml.set_element, listed)
    if listed:
        position = replace(position, spec=listed[-1].spec)
    yield from _token(position, len(listed), repository, now, more=len(sets) > PART)


def _records(
    context: RequestContext, repository: Repository, arguments: dict[str, str], now: datetime
) -> Iterator[bytes]:
    """The records of a list, or their headers, and the token with which it goes on."""
    library, verb = context.library, arguments["verb"]
    token = arguments.get("resumptionToken")
    position = read_token(token, verb, repository.identity, now) if token else _first_position(library, arguments)
    prefix = _known_prefix(position.prefix)
    try:
        selected = harvest_range(
            library,
            harvest_set(library, position.spec) if position.spec else None,
            position.since or None,
            position.before,
        )
    except NotFound:
        raise OaiError(*_GONE if token else _NOTHING) from None
    if not token:
        position = replace(position, size=harvest_size(library, selected))
    details, size, count = _details(context), 0, 0
    records = harvested_records(library, selected, position.after, PART + 1)
    last: HarvestedRecord | None = None
    for record in records:
        if count == PART or size > _PART_BYTES:
            position = replace(position, after=last.position if last else None)
            yield from _token(position, count, repository, now, more=True)
            return
        if verb == "ListRecords":
            piece = oai_xml.record_element(record, repository.authority, prefix, details)
        else:
            piece = oai_xml.header_element(record, repository.authority)
        last, count, size = record, count + 1, size + len(piece)
        yield piece
    if not count and not token:
        raise OaiError(*_NOTHING)
    yield from _token(position, count, repository, now, more=False)


def _first_position(library: Library, arguments: dict[str, str]) -> ListPosition:
    since, until = period_of(arguments.get("from"), arguments.get("until"))
    limit = harvest_limit(library)
    before = min(until, limit) if until else limit
    prefix = _known_prefix(arguments["metadataPrefix"])
    return ListPosition(arguments["verb"], prefix, arguments.get("set", ""), since or "", before)


def _token(position: ListPosition, count: int, repository: Repository, now: datetime, *, more: bool) -> Iterator[bytes]:
    """The token after `count` records more; none for a list that fits one answer."""
    first, after = position.cursor, replace(position, cursor=position.cursor + count)
    if more:
        expires = now + timedelta(hours=TOKEN_HOURS)
        yield oai_xml.token_element(after, after.token(repository.identity, now), first, expires)
    elif first:
        yield oai_xml.token_element(after, "", first, None)


def _record(context: RequestContext, repository: Repository, identifier: str) -> HarvestedRecord:
    begin = oai_xml.oai_identifier(repository.authority, "")
    try:
        if identifier.startswith(begin):
            return harvested_record(context.library, identifier.removeprefix(begin))
    except NotFound:
        pass
    raise OaiError("idDoesNotExist", "No record has this identifier.")


def _known_prefix(prefix: str) -> str:
    if prefix not in oai_xml.METADATA_FORMATS:
        known = ", ".join(oai_xml.METADATA_FORMATS)
        raise OaiError("cannotDisseminateFormat", f"There is no such metadata prefix: there are {known}.")
    return prefix


def _details(context: RequestContext) -> ExportDetails:
    """Records are in the language of the site, whoever harvests them."""
    return export_details(context.library, "", Translator(context.library.settings.language))


def _email(sender: str) -> str:
    """The address of the sender of messages, which the protocol wants with a dot in its host."""
    address = parseaddr(sender)[1]
    return address if "." in address.rpartition("@")[2] else f"{address}.invalid"
