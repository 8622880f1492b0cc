"""The ``emtvb`` command: what each of its commands does stands in a module of its name."""

from __future__ import annotations

import errno
import os
import sys
from typing import NoReturn

import click

from emtvb.cli import audit, config, dataset, doctor, edit, interpret, networks, pack, reproduce, tasks, train, verify
from emtvb.errors import InputError
from emtvb.exports import __version__
from emtvb.making.surroundings import of_import


def main() -> None:
    """Run the command; what is wrong with its input is one line and exit status 2."""
    os.environ.pop("MPLBACKEND", None)  # a notebook's, which may not be there; figures are drawn into files
    try:
        commands()
    except InputError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(of_import(error))
    except Exception as error:
        from emtvb.making.jobs import is_out_of_memory

        if is_out_of_memory(error):
            _fail(f"out of memory ({error}); choose smaller sizes, or a machine with more")
        if (refused := _of_system(error)) is not None:
            _fail(f"{refused}; mend that and run again: what was computed stands")
        raise


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(2)


def _of_system(error: BaseException | None) -> OSError | None:
    """What the system refused: this error, or that of a full disk, over which a library then stumbled."""
    if isinstance(error, OSError):
        return error
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return error
        error = error.__cause__ or error.__context__
    return None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="emtvb")
def commands() -> None:
    """Variable binding in recurrent networks: train them, read their variable memories."""


for command in (
    tasks.list_tasks, train.train, interpret.interpret, networks.list_networks, edit.edit, config.config_group,
    reproduce.reproduce, reproduce.summary, audit.audit_results, verify.verify, pack.pack_weights, dataset.make_dataset,
    doctor.doctor,
):  # fmt: skip
    commands.add_command(command)
