"""Estimators: small objects that say what an action of a component costs, one sort a file.

The verb is ``estimate`` of :class:`~accelsim.technology.estimators.contract.Estimator`.  A bridge
to another estimator is one more file with that verb; :mod:`accelsim.evaluation.tabulated` makes a
table of its answers.
"""
