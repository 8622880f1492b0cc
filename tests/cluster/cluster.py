"""A throwaway Slurm cluster on this machine: real daemons, three virtual nodes, ports and folders of its own.

    python tests/cluster/cluster.py [--accounting] [COMMAND ...]

runs a command (or a shell) in which ``sbatch``, ``squeue`` and Snakemake see the cluster, and takes it down at the end.
It leaves a Slurm that may be installed on the machine alone. On Debian it needs the packages in ``PACKAGES``.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PACKAGES = "slurmctld slurmd slurm-client slurmdbd munge mariadb-server"
NODES = "n1", "n2", "n3"
ACCOUNT = "lab"

_SLURM_CONF = """\
ClusterName=throwaway
SlurmctldHost=localhost
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=cred_expire=10,socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
ReturnToService=1
MpiDefault=none
SlurmdTimeout=15
KillWait=2
MinJobAge={min_job_age}
JobRequeue=1
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
{accounting}
{nodes}
PartitionName=main Nodes=n1,n2,n3 Default=YES MaxTime=12:00:00 State=UP
PartitionName=short Nodes=n1,n2,n3 MaxTime=00:10:00 State=UP
{settings}
"""

_NODE = "NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=4000"

_ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={port}
AccountingStoragePass={folder}/munge.socket
AccountingStorageEnforce=associations,limits,qos
"""

_SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdPort={port}
SlurmUser={user}
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={storage_port}
StorageUser=slurm
StoragePass=throwaway
StorageLoc=slurm_acct
"""


def missing_programs() -> list[str]:
    """The daemons and tools that this machine lacks."""
    needed = ("munged", "slurmctld", "slurmd", "slurmdbd", "mariadbd", "mariadb-install-db", "sbatch", "scontrol")
    return [name for name in needed if _which(name) is None]


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class Cluster:
    """The daemons and their folder.

    Args:
        folder: Where everything that they write goes; its path must be short, for it holds sockets.
        accounting: Whether to start slurmdbd on a MariaDB, and so to have ``sacct``.
        min_job_age: Seconds for which Slurm remembers a job that ended.
        settings: More lines of slurm.conf.
    """

    def __init__(
        self, folder: Path, *, accounting: bool = False, min_job_age: int = 300, settings: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.accounting = accounting
        self._storage = folder / "mariadb.socket"
        self.database = "mariadb", "--no-defaults", f"--socket={self._storage}", "--user=root", "-e"  # and a statement
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._user = pwd.getpwuid(os.getuid()).pw_name
        ports = _free_ports(len(NODES) + 3)
        self._node_ports, (controller, self._dbd_port, self._storage_port) = ports[:-3], ports[-3:]
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # munged insists
        (folder / "state").mkdir()
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        nodes = (_NODE.format(name=name, port=port) for name, port in zip(NODES, self._node_ports, strict=True))
        self._write(
            "slurm.conf",
            _SLURM_CONF,
            ports=[controller],
            min_job_age=min_job_age,
            settings="\n".join(settings),
            accounting=_ACCOUNTING.format(port=self._dbd_port, folder=folder) if accounting else "",
            nodes="\n".join(nodes),
        )
        self._write("cgroup.conf", "CgroupPlugin=disabled\n")
        if accounting:
            self._write("slurmdbd.conf", _SLURMDBD_CONF, port=self._dbd_port, storage_port=self._storage_port)
            (folder / "slurmdbd.conf").chmod(0o600)

    def _write(self, name: str, template: str, **values: object) -> None:
        (self.folder / name).write_text(template.format(folder=self.folder, user=self._user, **values))

    @property
    def environment(self) -> dict[str, str]:
        """What makes Slurm's commands talk to this cluster."""
        outside = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
        return {**outside, "SLURM_CONF": str(self.folder / "slurm.conf"), "TMPDIR": str(self.scratch)}

    def start(self) -> None:
        """Start all daemons and wait until jobs can run."""
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
        socket_path = self.folder / "munge.socket"
        files = [f"--{name}-file={self.folder / 'munge'}.{name}" for name in ("log", "pid", "seed")]
        self._spawn("munged", "--foreground", "--force", f"--socket={socket_path}", f"--key-file={key}", *files)
        _wait(socket_path.exists, "munged", 300)
        if self.accounting:
            self._start_accounting()
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        _wait(
            lambda: set(self.slurm("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split()) == set(NODES),
            "the nodes",
            300,
        )

    def _start_accounting(self) -> None:
        data = self.folder / "mariadb"
        options = [f"--datadir={data}", f"--user={self._user}"]
        install = [
            _which("mariadb-install-db") or "",
            "--no-defaults",
            *options,
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run(install, check=True, capture_output=True)
        self._spawn(
            "mariadbd", "--no-defaults", *options, f"--socket={self._storage}", f"--port={self._storage_port}",
            "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=64M", f"--pid-file={self.folder}/mariadb.pid",
        )  # fmt: skip
        _wait(lambda: self._answers(*self.database, ""), "mariadbd", 300)
        grant = "grant all on slurm_acct.* to slurm@'127.0.0.1' identified by 'throwaway'"
        # slurmdbd would make the database itself, over the connection on which asking for it failed: a use that the
        # client library of MariaDB 11.8.9 no longer survives.
        prepared = f"create database slurm_acct; {grant}; {grant.replace('127.0.0.1', 'localhost')}"
        self.slurm(*self.database, prepared, check=True)
        self._spawn("slurmdbd", "-D", SLURM_CONF=str(self.folder / "slurm.conf"))
        _wait(lambda: self._answers("sacctmgr", "-n", "show", "cluster"), "slurmdbd", 300)
        self.slurm("sacctmgr", "-i", "add", "cluster", "throwaway", check=True)
        self.slurm("sacctmgr", "-i", "add", "account", ACCOUNT, "Cluster=throwaway", check=True)
        self.slurm("sacctmgr", "-i", "add", "user", self._user, f"Account={ACCOUNT}", check=True)

    def start_controller(self) -> None:
        """Start slurmctld, which goes on from its saved state."""
        self._spawn("slurmctld", "-D", "-f", str(self.folder / "slurm.conf"))
        _wait(lambda: "UP" in self.slurm("scontrol", "ping"), "slurmctld", 300)

    def start_node(self, node: str, hidden: Path | None = None) -> None:
        """Start a node's slurmd, which sees an empty disk of its own in place of a folder that is ``hidden``."""
        own = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(hidden)] if hidden else []
        self._spawn(f"slurmd-{node}", "-D", "-N", node, "-f", str(self.folder / "slurm.conf"), within=own)

    def kill(self, daemon: str) -> None:
        """End a daemon as a crash would."""
        process = self._daemons.pop(daemon)
        process.kill()
        process.wait()

    def kill_controller(self) -> None:
        """The same of slurmctld, once it has saved which jobs run: it starts others anew and drains their nodes."""
        (job, *_) = self.slurm("squeue", "-h", "-t", "running", "-o", "%A", check=True).split()
        before = time.time()
        time.sleep(0.1)  # it saves within 5 ms, and files' times may be a tick of the system's clock behind
        self.slurm("scontrol", "update", f"JobId={job}", "Comment=change of a job makes slurmctld save", check=True)
        _wait(lambda: (self.folder / "state" / "job_state").stat().st_mtime > before, "slurmctld's saved state", 60)
        self.kill("slurmctld")

    def slurm(self, *command: str, check: bool = False) -> str:
        """What one of Slurm's commands prints."""
        result = subprocess.run(command, env=self.environment, text=True, capture_output=True, check=False, timeout=60)
        if check and result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {result.stderr or result.stdout}")
        return result.stdout

    def _answers(self, *command: str) -> bool:
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode == 0

    def stop(self) -> None:
        """Take down whatever runs, the jobs included; their files stay."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.slurm("scancel", "--signal=KILL", "--me", "--full")
            self.slurm("scancel", "--me")
            deadline = time.monotonic() + 10
            while self.slurm("squeue", "-h", "-t", "running,completing") and time.monotonic() < deadline:
                time.sleep(0.2)
        for process in reversed(self._daemons.values()):
            process.terminate()
        for process in reversed(self._daemons.values()):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._daemons.clear()

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _spawn(self, daemon: str, *arguments: str, within: Sequence[str] = (), **environment: str) -> None:
        program = _which(daemon.partition("-")[0])
        assert program is not None, f"{daemon}: not installed; on Debian: apt-get install {PACKAGES}"
        with (self.folder / f"{daemon}.out").open("ab") as out:
            self._daemons[daemon] = subprocess.Popen(
                [*within, program, *arguments],
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
            )


def _die_with_parent() -> None:
    """No daemon outlives the process that started it, however that ends."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait(condition: Callable[[], bool], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not come up in {seconds} s; see the logs in the cluster's folder")
        time.sleep(0.2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, or a shell, with a cluster around it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--accounting", action="store_true", help="with slurmdbd on a MariaDB of its own")
    parser.add_argument("--min-job-age", type=int, default=300, help="seconds that ended jobs are remembered")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a line of slurm.conf")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run [default: a shell]")
    given = parser.parse_args(arguments)
    if missing := missing_programs():
        print(f"error: {', '.join(missing)}: not installed; on Debian: apt-get install {PACKAGES}", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as folder,
        Cluster(
            Path(folder), accounting=given.accounting, min_job_age=given.min_job_age, settings=given.set
        ) as cluster,
    ):
        command = given.command or [os.environ.get("SHELL", "/bin/sh")]
        return subprocess.run(command, env=cluster.environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
