"""The access counter: arrays in, counts out, in closed form.  Nothing else lives here."""

from accelsim.conventions import Conventions
from accelsim.counter.counting import count
from accelsim.counter.tally import Counts

__all__ = ["Conventions", "Counts", "count"]
