"""The exact mapper: the best mapping of a layer, proved.

For callers in Python who ask for it; the verbs still sample.  :func:`covers` says what it does not
solve (limited bandwidths, gated leakage, blocks of outputs, fronts of energy and cycles).
"""

from accelsim.mapper.exact.driver import ExactDriver, covers

__all__ = ["ExactDriver", "covers"]
