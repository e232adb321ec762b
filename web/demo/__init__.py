"""The demonstration: a region with its people, and cases at every stage.

Everything is made by the commands that people's own gestures run; no row is written.
"""

from web.demo.people import NEWCOMER, REGION
from web.demo.seed import seed

__all__ = ["NEWCOMER", "REGION", "seed"]
