"""What a group's cluster wants to be told: the keys of ``slurm/site.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from emtvb import config
from emtvb.config.refusal import in_one_line

Text = Annotated[str, Field(min_length=1, pattern=r"^[^\s'\"\x00-\x1f]+$")]
Count = Annotated[StrictInt, Field(ge=1)]


class Site(BaseModel):
    """A cluster's own settings, all of them optional; what is left out is left to Slurm's defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    account: Text | None = Field(None, description="Slurm account that jobs are charged to (sbatch --account).")
    partition: Text | None = Field(None, description="Partition that jobs run in (sbatch --partition).")
    qos: Text | None = Field(None, description="Quality of service (sbatch --qos).")
    constraint: Text | None = Field(
        None, description="Node features, such as one CPU model: last digits of measurements can differ between models."
    )
    exclude: Text | None = Field(None, description="Nodes on which no job is to run, as Slurm lists them: n[1-3],n7.")
    longest: Count | None = Field(None, description="The most minutes that a job may ask for.")
    most_memory: Count | None = Field(None, description="The most memory, in MiB, that a job may ask for.")
    gpus: Count | None = Field(None, description="GPUs of a training job, for accelerator: cuda.")
    gpu_partition: Text | None = Field(None, description="Partition of training jobs, where it is another.")

    def resources(self) -> dict[str, str]:
        """What every job is submitted with, by Snakemake's names."""
        settings = {
            "slurm_account": self.account,
            "slurm_partition": self.partition,
            "qos": self.qos,
            "constraint": self.constraint,
            "slurm_extra": self.exclude and f"--exclude={self.exclude}",
        }
        return {name: value for name, value in settings.items() if value is not None}

    def training_resources(self) -> dict[str, str | int]:
        """What training jobs are submitted with besides."""
        settings = {"gpu": self.gpus, "slurm_partition": self.gpu_partition}
        return {name: value for name, value in settings.items() if value is not None}

    def at_most(self, minutes: int) -> str:
        """A job's time in minutes, more with every attempt and never beyond the longest, as Snakemake evaluates it."""
        return _growing_with_attempts(minutes, self.longest)

    def memory(self, mebibytes: int) -> str:
        """A job's memory in MiB, likewise, and never beyond the most."""
        return _growing_with_attempts(mebibytes, self.most_memory)


def _growing_with_attempts(first: int, most: int | None) -> str:
    return f"{first} * attempt" if most is None else f"min({first} * attempt, {most})"


def load_site(path: Path | str) -> Site:
    """The settings in a file, or none where there is no file.

    Raises:
        InputError: Where it cannot be read or has keys or values that mean nothing.
    """
    path = Path(path)
    if not path.exists():
        return Site()
    settings = config.read_config(path)
    try:
        return Site.model_validate({} if settings is None else settings)
    except ValidationError as error:
        raise in_one_line(error, Site, str(path)) from None
