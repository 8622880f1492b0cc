"""Compile the engine for this CPU and prove its bits: ``python -m emtvb.training``, once for a version."""

from emtvb.errors import InputError
from emtvb.training import engine

if __name__ == "__main__":
    try:
        engine.check_engine()
    except InputError as error:
        raise SystemExit(f"error: {error}") from None
    print("the training engine is compiled for this CPU, and gives the right bits")
