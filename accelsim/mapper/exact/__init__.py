"""The exact mapper: the best mapping of a layer, or its whole front of energy and cycles, proved.

:func:`covers` says what it does not solve.  From YAML to answer: ``lattice`` (the layer),
``machine`` and ``pattern`` (nodes, lanes, what is kept), ``sheets`` (ports) fill the records of
``layout``; ``units`` and ``geometry`` say what open boundaries cost, ``loops`` and ``lanes`` lead
labels through places and fanouts, ``nodes`` from one to the next; ``labels``, ``bounds``,
``together``, ``outlook`` (its rows: ``futures``) and ``best`` drop what cannot win.  ``tables``
holds what a search looks things up in, ``finds`` what it has found; ``work`` leads it, and
``driver`` puts it behind the contract.
"""

from accelsim.mapper.exact.covers import covers
from accelsim.mapper.exact.driver import ExactDriver

__all__ = ["ExactDriver", "covers"]
