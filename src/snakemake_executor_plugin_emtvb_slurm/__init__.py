"""The executor ``emtvb-slurm``, which Snakemake finds by the name of this package; see ``emtvb.slurm.executor``."""

# Snakemake reads the types of settings as they stand here, so no annotations from __future__.
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase

from emtvb.slurm.executor import Executor

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_envvar_declarations_to_cmd=False,  # the script of a job exports them
    auto_deploy_default_storage_provider=False,
)


@dataclass
class ExecutorSettings(ExecutorSettingsBase):  # type: ignore[misc]
    """What a profile may set, each with the prefix ``emtvb-slurm-``."""

    array_limit: Optional[int] = field(  # noqa: UP045
        default=1000, metadata={"help": "How many tasks an array has at most, if Slurm takes so many."}
    )
    logdir: Optional[Path] = field(  # noqa: UP045
        default=Path("slurm-logs"), metadata={"help": "The folder of Slurm's own logs of jobs."}
    )
    first_look: Optional[int] = field(  # noqa: UP045
        default=20, metadata={"help": "Seconds after which the queue is asked for the first time, and then less often."}
    )
    requeue: bool = field(
        default=False, metadata={"help": "Let Slurm put a job back that is preempted or loses its node."}
    )
