"""The access counter: arrays in, counts out, in closed form.  Nothing else lives here."""

from accelsim.counter.layout import Conventions
from accelsim.counter.tally import Counts, count, count_packed

__all__ = ["Conventions", "Counts", "count", "count_packed"]
