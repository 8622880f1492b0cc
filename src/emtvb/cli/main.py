"""The ``emtvb`` command: what each of its commands does stands in a module of its name."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

import click

from emtvb.cli import (
    accept,
    audit,
    config,
    doctor,
    edit,
    interpret,
    networks,
    reproduce,
    tasks,
    train,
    verify,
)
from emtvb.exports import __version__
from emtvb.making.surroundings import of_import


def main() -> None:
    """Run the command; what is wrong with its input is one line and exit status 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what a command began, as Ctrl-C does
    os.environ.pop("MPLBACKEND", None)  # a notebook's, which may not be there; figures are drawn into files
    try:
        sys.exit(commands(standalone_mode=False) or 0)  # else click's word on Ctrl-C is "Aborted!"
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        _end_with(of_import(error))
    except Exception as error:
        from emtvb.making.jobs import in_words

        if (message := in_words(error)) is None:
            raise
        _end_with(message)


def _end_with(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="emtvb")
def commands() -> None:
    """Variable binding in recurrent networks: train them, read their variable memories."""


for command in (
    tasks.list_tasks, train.train, interpret.interpret, networks.list_networks, edit.edit, config.config_group,
    reproduce.reproduce, reproduce.summary, audit.audit_results, accept.accept_results, verify.verify,
    doctor.doctor,
):  # fmt: skip
    commands.add_command(command)
