"""Searching mappings with remainders: padded bounds, solved exactly, priced as they are.

A mapping whose factors of a dim multiply to more than its bound D is a mapping of a layer with a
padded bound D', less what does not exist.  ``padding`` lists the padded bounds worth looking at,
``shares`` proves how much less a mapping can cost than its padded twin, ``trim`` goes from the one
to the other, and ``driver`` searches.
"""

from accelsim.mapper.remainders.driver import RemaindersDriver

__all__ = ["RemaindersDriver"]
