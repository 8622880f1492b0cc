"""What type checkers are told of the public face."""

from emtvb.errors import InputError
from emtvb.own.adapting import Adapted, adapt
from emtvb.own.comparing import Comparison, Distance, compare
from emtvb.own.das import DAS
from emtvb.own.dynamics import FixedPoints, Linearised, linearise
from emtvb.own.editing import Edits, edit
from emtvb.own.erasing import Erasure, erase
from emtvb.own.fitting import Fitted, Judgement, Reading, fit, judge
from emtvb.own.fixed_points import fixed_points
from emtvb.own.methods import Located, Subspace
from emtvb.own.onion import Onion
from emtvb.own.published import load
from emtvb.own.record import record
from emtvb.own.saving import save
from emtvb.own.trials import Trials
from emtvb.page.widget import view

__version__: str

__all__ = [
    "DAS",
    "Adapted",
    "Comparison",
    "Distance",
    "Edits",
    "Erasure",
    "Fitted",
    "FixedPoints",
    "InputError",
    "Judgement",
    "Linearised",
    "Located",
    "Onion",
    "Reading",
    "Subspace",
    "Trials",
    "adapt",
    "compare",
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
