"""What type checkers are told of the public face."""

from emtvb.adapters.adapting import Adapted, adapt
from emtvb.adapters.cycles import cycles
from emtvb.adapters.das import DAS
from emtvb.adapters.fixed_points import fixed_points
from emtvb.adapters.record import record
from emtvb.core.comparing import Comparison, Distance, compare
from emtvb.core.cycles import Cycles
from emtvb.core.dynamics import FixedPoints, Linearised, linearise
from emtvb.core.editing.edit import edit
from emtvb.core.editing.edits import Edits
from emtvb.core.erasing import Erasure, erase
from emtvb.core.fitting import Fitted, fit
from emtvb.core.judging import Judgement, judge
from emtvb.core.readings import Reading
from emtvb.core.subspaces import Located, Subspace
from emtvb.core.trials import Trials
from emtvb.errors import InputError
from emtvb.experiments.published import load
from emtvb.page.widget import view
from emtvb.theory.saving import save

__version__: str

__all__ = [
    "DAS",
    "Adapted",
    "Comparison",
    "Cycles",
    "Distance",
    "Edits",
    "Erasure",
    "Fitted",
    "FixedPoints",
    "InputError",
    "Judgement",
    "Linearised",
    "Located",
    "Reading",
    "Subspace",
    "Trials",
    "adapt",
    "compare",
    "cycles",
    "edit",
    "erase",
    "fit",
    "fixed_points",
    "judge",
    "linearise",
    "load",
    "record",
    "save",
    "view",
]
