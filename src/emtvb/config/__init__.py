"""An experiment is a config file: its keys, how it is read, and what is said of a wrong one.

The models in ``experiment`` (and in the ``settings`` of each other kind) are the one source of truth; the module
``manual`` writes ``docs/config.md`` and ``workflow/schemas/config.schema.yaml`` from them. The meaning of a key
stands in a docstring below it, so that other words make no job stale. For the same reason ``manual`` and ``refusal``
are imported only where they are needed.
"""

from emtvb.config.experiment import Experiment, Sweep, check_sweep, dump_settings, load_sweep
from emtvb.config.reading import Strict, read_config, reread_value

__all__ = ["Experiment", "Strict", "Sweep", "check_sweep", "dump_settings", "load_sweep", "read_config", "reread_value"]
