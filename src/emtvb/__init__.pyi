"""What type checkers are told of the public face."""

from emtvb.errors import InputError
from emtvb.own.adapting import Adapted, adapt
from emtvb.own.dynamics import FixedPoints, Linearised, fixed_points, linearise
from emtvb.own.editing import Edits, edit
from emtvb.own.fitting import Fitted, Judgement, Reading, fit, judge
from emtvb.own.trials import Trials, record
from emtvb.page.widget import view

__version__: str

__all__ = [
    "Adapted",
    "Edits",
    "Fitted",
    "FixedPoints",
    "InputError",
    "Judgement",
    "Linearised",
    "Reading",
    "Trials",
    "adapt",
    "edit",
    "fit",
    "fixed_points",
    "judge",
    "linearise",
    "record",
    "view",
]
