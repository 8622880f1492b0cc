"""The workflow's files on a disk, where Snakemake reads them out of a git repository.

A module can be named by ``github(...)``, as the workflow catalog's template does. Snakemake then reads each file of the
workflow out of a bare clone in its cache. Recipes are made of files, and a record names the commit of a clone: so the
commit is checked out below the folder that one works in, and the workflow is included from there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from snakemake.sourcecache import HostingProviderFile, LocalGitFile, LocalSourceFile, SourceFile

from emtvb.errors import InputError
from emtvb.running import git
from emtvb.running.clone import CHECKOUTS


def root_of(workflow_folder: SourceFile) -> Path:
    """The clone that the folder ``workflow`` of a Snakefile lies in, checked out if it is on no disk.

    Args:
        workflow_folder: Where the Snakefile lies, as Snakemake knows it (``workflow.current_basedir``).

    Raises:
        InputError: Where it lies on no disk and in no git repository, or cannot be checked out.
    """
    if isinstance(workflow_folder, LocalSourceFile):
        return Path(workflow_folder.get_path_or_uri(secret_free=True)).resolve().parent
    if isinstance(workflow_folder, HostingProviderFile):
        repository, ref = Path(workflow_folder.hosted_repo.repo_clone), workflow_folder.ref
    elif isinstance(workflow_folder, LocalGitFile):
        repository, ref = Path(workflow_folder.repo_path), workflow_folder.ref
    else:
        place = workflow_folder.get_path_or_uri(secret_free=True)
        raise InputError("workflow", place, "its files are read on a disk; name a clone, or github(...)")
    commit = _git("-C", str(repository), "rev-parse", "--verify", f"{ref}^{{commit}}").strip()
    return _checked_out(repository, commit, Path.cwd() / CHECKOUTS)


def _checked_out(repository: Path, commit: str, folder: Path) -> Path:
    """A clone of a repository at a commit, without the results that are published there."""
    clone = folder / commit
    if not clone.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{commit}.", dir=folder))
        try:
            _git("clone", "--quiet", "--no-checkout", str(repository.absolute()), str(unfinished))
            _git("-C", str(unfinished), "sparse-checkout", "set", "--no-cone", "/*", "!/results/")
            _git("-C", str(unfinished), "checkout", "--quiet", "--detach", commit)
            unfinished.rename(clone)
        except OSError:
            if not clone.is_dir():  # else another process was faster
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    os.utime(clone)  # the one that is used now is the last one
    return clone


def _git(*words: str) -> str:
    return git.run("workflow", " ".join(words), *words)
