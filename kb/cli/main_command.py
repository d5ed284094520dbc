"""The `kb` command: its options, its command groups, and the exit code and message of every error."""

import os
import sys
from typing import NoReturn

import click

from kb import __version__
from kb.cli.command_list import COMMAND_SOURCES, LazyGroup
from kb.cli.console import CommandMisused, CommandSession, operating_system_error, print_error, printable_file_name
from kb.cli.private_files import OTHERS_PERMISSIONS, make_data_private, require_own_paths, umask_for
from kb.errors import FlorilegeError, Invalid
from kb.features import features_on, settings_classes
from kb.settings import Settings, settings_from_environment, settings_of
from kb.translation import LANGUAGES, Translator

DONE, FAILED, MISUSED = 0, 1, 2


@click.group(
    cls=LazyGroup,
    sources=COMMAND_SOURCES,
    params=[
        click.Option([setting.option], metavar=setting.metavar, help=setting.help)
        for owner in (Settings, *settings_classes())
        for setting in settings_of(owner)
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="florilege")
@click.pass_context
def kb(context: click.Context, /, **options: str | None) -> None:
    """Florilège: a knowledge base for groups that read together."""
    settings = settings_from_environment(None, settings_classes(), **options)
    on = {feature.name for feature in features_on(settings.features)}
    source = COMMAND_SOURCES.get(context.invoked_subcommand or "")
    if source is not None and source.feature and source.feature not in on:
        message = "This command belongs to the feature “%(name)s”, which KB_FEATURES leaves out."
        raise Invalid(message, name=source.feature)
    context.obj = session = CommandSession(settings, Translator(settings.language))
    require_own_paths(settings)
    os.umask(umask_for(settings))
    if make_data_private(settings):
        message = "Other users of this machine can read the folder %(name)s: make it private with “chmod 700”."
        session.report(message, name=printable_file_name(settings.data))


def main() -> NoReturn:
    """Run the command line of this process, and end it."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; gives its exit code. Whatever goes wrong is one sentence on standard error.

    Files that it makes, and those of its child processes, are their owner's alone.
    """
    umask = os.umask(OTHERS_PERMISSIONS)
    try:
        try:
            code = kb.main(arguments, prog_name="kb", standalone_mode=False)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        return _report_error(error, Translator(_language_of(arguments)))
    finally:
        os.umask(umask)
    return code if isinstance(code, int) else DONE


def _report_error(error: BaseException, translator: Translator) -> int:
    """Say what went wrong; gives the exit code."""
    _ = translator.gettext
    match error:
        case click.exceptions.NoArgsIsHelpError():
            print_error(error.format_message())
            return MISUSED
        case click.UsageError():
            print_error(translator.sentence(_usage_error(error)))
            return MISUSED
        case Invalid() | CommandMisused():
            print_error(translator.sentence(error))
            return MISUSED
        case FlorilegeError():
            print_error(translator.sentence(error))
        case BrokenPipeError():
            _discard_output()
        case click.Abort() | KeyboardInterrupt():
            print_error(_("Interrupted."))
        case OSError():
            print_error(translator.sentence(operating_system_error(error)))
            _discard_output()
        case MemoryError():
            print_error(_("There is not enough memory for this."))
        case _:
            print_error(_("Internal error of Florilège: %(what)s.", what=f"{type(error).__name__}: {error}"))
    return FAILED


def _discard_output() -> None:
    """Send what is still to be written nowhere: Python writes it when it ends, and would fail again."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _language_of(arguments: list[str]) -> str:
    """The language to speak before the settings are known."""
    candidates = [os.environ.get("KB_LANGUAGE", "")]
    for position, argument in enumerate(arguments):
        if argument == "--language":
            candidates += arguments[position + 1 : position + 2]
        elif argument.startswith("--language="):
            candidates.append(argument.removeprefix("--language="))
        elif argument in COMMAND_SOURCES:
            break
    return candidates[-1] if candidates[-1] in LANGUAGES else LANGUAGES[0]


def _usage_error(error: click.UsageError) -> FlorilegeError:
    """What click refuses, in our words."""
    match error:
        case click.NoSuchOption():
            return CommandMisused("There is no option %(name)s; see --help.", name=error.option_name)
        case click.MissingParameter():
            name = error.param.make_metavar(error.ctx) if error.param and error.ctx else "?"
            return CommandMisused("%(name)s is missing; see --help.", name=name)
        case click.BadOptionUsage():
            return CommandMisused("The option %(name)s requires a value.", name=error.option_name)
        case click.BadParameter():
            name = error.param.opts[0] if error.param else "?"
            return CommandMisused("%(name)s has an invalid value; see --help.", name=name)
        case _:
            return CommandMisused("Usage error: %(why)s", why=error.format_message())
