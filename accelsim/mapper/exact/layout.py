"""How the kernels of the exact search see a problem: records of fixed layout, as the counter's.

Six arguments say everything: ``s``, one record of dtype :data:`SEARCH` (where Python calls, an
array of one, ``store``, since a lone record is described anew at every call, field by field);
``points``, one :data:`POINT` for each point of the lattice; ``tables[row, point]``, what else is
known by point;
``labels``, one :data:`LABEL` for each partial mapping; ``q[label, column]``, its figures, of which
less is never worse; ``rows``, one :data:`ROW` for each way to use the lanes of a fanout.

A **point** says, for each dim with a bound above 1 (here: *dim*), which divisor of the bound all
loops so far cover.  **Nodes** are the machine's places and fanouts from the inside out.  **Row** 0
of a boundary table stands for the compute and row v + 1 for the place at node v: boundaries are
known by their child.  **Pos** v stands before node v.

A **sheet** is a list of prices: sheet 0 has the energy of every action; each port or network of
limited bandwidth has a sheet of its own, whose prices are bits.  What a mapping moves is counted
once and charged to every sheet.
"""

from __future__ import annotations

import numpy as np

from accelsim.counter.layout import MAX_FANOUTS, MAX_PLACES
from accelsim.workload.shapes import MAX_DIMS, MAX_RANKS

MAX_TENSORS = 5
MAX_NODES = MAX_PLACES + MAX_FANOUTS
MAX_DIVISORS = 128
MAX_SHEETS = 12
MAX_JOINTS = 3
MAX_PRIMES = 64
MAX_MARKS = 1 << 12
"""Words of 64 bits for the rare unions that must be marked word by word."""
MAX_FRONT = 1 << 12
MAX_SPREADS = 1 << 10
"""Kept of the ways in which lanes may be shared out between tensors, over all fanouts."""
CHAINS = 1 << 13
MAX_BEAM = 16

# Columns of ``q``.  Column 0: minus the lanes in use.  Then, for every sheet, the cost of all that
# has moved.  Then, from ``s.ports``, two for every sheet but the first: minus the instances of its
# port, and its lanes over dims that the output has.  Then, from ``s.resources``, bits of memories
# and lanes of arrays that several nodes share.  Then, from ``s.tensors``, those of each tensor.
LANES, COST = 0, 1

READ, SECOND = 0, 1
"""Columns of a tensor, while fanouts remain between its open boundary and the parent.

Words read there if it moved now, and the least of them with any strip (unmoved input); visits that
fetch tiles and visits that fetch strips (moved input); drained words over the lanes that reduced
them, and over all lanes of a group (output)."""

SHEET = 2
UNIT, PENDING, STRIP = range(3)
"""Columns of a tensor in each sheet, from ``SHEET`` on.

``UNIT``: cost if it moved now.  ``PENDING``: what the run under way still pays for full fetches,
divided as it grows.  ``STRIP + w``: cost of a move that fetches only strips along window dim w."""

# Counters of a search.
USED, MADE, SKIPPED, DROPPED, BEST_LABEL, CURSOR, FULL, PHASE, START, GROWN, EPOCH, THINNED = range(
    12
)
NODE, FIRST, LAST = range(12, 15)

NO_ROOM, FRONT_FULL = 1, 2
"""What ``FULL`` may say: labels have no more room (given more, a search goes on where it stands);
the front has none, and a point of it is lost."""

FIGURE, TIE, BEST_ENERGY, BEST_CYCLES = range(4)
"""``s.best``: of the best complete mapping."""

_int, _float = np.int64, np.float64
_ROWS = MAX_NODES + 1

FIELDS = np.dtype(
    [
        # The layer.
        ("n_dims", _int),
        ("n_tensors", _int),
        ("n_points", _int),
        ("output", _int),
        ("output_words", _float),
        ("bounds", _int, (MAX_DIMS,)),
        # Divisors are numbered by their prime exponents in mixed radix, and points by the
        # numbers of their divisors (sum of radix x number), so that to multiply is to add.
        ("radix", _int, (MAX_DIMS,)),
        ("n_divisors", _int, (MAX_DIMS,)),
        ("divisor", _int, (MAX_DIMS, MAX_DIVISORS)),
        ("n_primes", _int),
        ("prime_step", _int, (MAX_PRIMES,)),  # in points
        ("prime_most", _int, (MAX_PRIMES,)),  # exponent
        ("guards", _int),  # guard bits of packed prime exponents
        ("relevant", _int, (MAX_TENSORS,)),  # mask of dims
        ("joined", _int, (MAX_TENSORS,)),  # mask of the dims that share a rank with another
        ("window", _int, (MAX_TENSORS,)),  # the same where strips are reused, else 0
        ("n_window", _int, (MAX_TENSORS,)),
        ("window_dim", _int, (MAX_TENSORS, MAX_DIMS)),
        ("window_index", _int, (MAX_TENSORS, MAX_DIMS)),
        # Mask of the window dims in which a longer step never uncovers less.
        ("monotone", _int, (MAX_TENSORS,)),
        ("common", _int, (1 << MAX_TENSORS,)),  # mask of the dims that none of a set has
        ("rank_start", _int, (MAX_TENSORS + 1,)),
        ("rank_dim", _int, (MAX_RANKS, 2)),
        ("rank_coefficient", _int, (MAX_RANKS, 2)),
        # The machine.
        ("n_nodes", _int),
        ("place", _int, (MAX_NODES,)),  # -1 for a fanout
        ("fanout", _int, (MAX_NODES,)),  # -1 for a place
        ("most", _int, (MAX_NODES, MAX_DIMS)),  # the largest temporal factor
        ("exact", _int, (MAX_NODES, MAX_DIMS)),  # the only one; 0 is free
        ("free", _int, (MAX_NODES,)),  # 1 for a block without any limit or order
        ("inside", _int, (MAX_NODES, MAX_DIMS)),  # mask of dims that must stand inside
        ("n_joints", _int),
        ("joint_nodes", _int, (MAX_JOINTS,)),
        ("joint_dim", _int, (MAX_JOINTS,)),
        ("joint_most", _int, (MAX_JOINTS,)),
        ("joint_exact", _int, (MAX_JOINTS,)),
        ("row_start", _int, (MAX_NODES + 1,)),
        ("n_mesh", _int),
        ("mesh", _int, (MAX_FANOUTS, 2)),  # lanes that fanouts of one array have together
        ("mesh_column", _int, (MAX_NODES,)),
        ("group_end", _int, (MAX_NODES,)),  # by fanout: last of those of its array in a row
        ("multicast", _int, (MAX_NODES,)),  # mask of tensors
        ("reduces", _int, (MAX_NODES,)),
        ("most_lanes", _float, (MAX_NODES,)),  # 1 for a place
        ("most_shared", _float, (MAX_NODES, MAX_TENSORS)),  # lanes that share a word, 1 for a place
        ("spread_start", _int, (MAX_NODES + 1,)),
        ("spread", _float, (MAX_SPREADS, 2 * MAX_TENSORS)),
        ("next_fanout", _int, (_ROWS,)),  # by pos: the first from there outward, or -1
        ("total_lanes", _float, (_ROWS,)),  # by pos: most lanes from there outward
        ("own_lanes", _float, (_ROWS,)),  # of those the lanes of arrays that one fanout has alone
        ("array_lanes", _float, (_ROWS, MAX_FANOUTS)),  # and of each shared one, room aside
        ("fanouts_outside", _int, (_ROWS,)),  # by pos: whether there is any
        ("share", _int, (MAX_TENSORS, 2)),  # by fanouts outside: row of ``tables``
        ("united", _int),  # mask of tensors without blocks that every fanout multicasts
        # What is kept where, and what follows from it.
        ("kept", _int, (MAX_NODES,)),  # mask of tensors
        ("n_shared", _int),
        ("shared_limit", _float, (MAX_PLACES,)),
        ("parent", _int, (_ROWS, MAX_TENSORS)),  # by row: node of the next keeper
        ("child_block", _int, (_ROWS, MAX_TENSORS)),
        ("parent_block", _int, (_ROWS, MAX_TENSORS)),
        ("current", _int, (_ROWS, MAX_TENSORS)),  # by pos: row of the boundary open there
        ("ahead", _int, (_ROWS, MAX_TENSORS)),  # by pos: fanouts remain up to its parent
        ("products", _int),  # mask of inputs without windows or blocks: only products matter
        ("crossing", _int, (_ROWS,)),  # by pos: whether that is so for any tensor
        ("lanes_ahead", _float, (_ROWS, MAX_TENSORS)),  # most that share or reduce a word there
        ("sums_ahead", _float, (_ROWS,)),  # by pos: most lanes there over dims the output lacks
        # By pos: no boundary of the output further out may be credited more than it costs.
        ("settled", _int, (_ROWS,)),
        # By pos: visits still to be charged at the open boundary of the output lower its cost.
        ("visits_save", _int, (_ROWS,)),
        ("beta", _float, (_ROWS,)),  # energy that a word starting from zero at the parent saves
        ("future", _int, (MAX_SHEETS, _ROWS)),  # by sheet and pos: row of ``tables``
        ("closing", _int, (MAX_NODES,)),  # by place: row of ``tables`` for the tile it closes with
        ("shared", _int),  # first row of ``tables`` with bits of shared memories
        ("fits", _int, (MAX_NODES,)),  # by place: row of ``tables``, 1 where its tiles fit
        ("passed", _int, (MAX_NODES,)),  # mask of dims without loops there (``write_passed``)
        ("must_loop", _int, (MAX_NODES,)),  # 1 for a place with loops (``parts_with_loops``)
        # Prices.
        ("fill_price", _float, (MAX_SHEETS, _ROWS, MAX_TENSORS)),
        ("drain", _float, (MAX_SHEETS, _ROWS)),
        ("read", _float, (MAX_SHEETS, _ROWS, MAX_TENSORS)),
        ("update", _float, (MAX_SHEETS, _ROWS)),
        ("credit", _float, (MAX_SHEETS, _ROWS)),  # saved inside by a word that starts from zero
        ("back", _float, (MAX_SHEETS, _ROWS)),  # one word sent back, reading aside
        ("deliver", _float, (MAX_SHEETS, MAX_NODES, MAX_TENSORS)),
        ("collect", _float, (MAX_SHEETS, MAX_NODES)),
        ("reduce", _float, (MAX_SHEETS, MAX_NODES)),
        ("start_cost", _float, (MAX_SHEETS,)),
        ("sheet_credit", _float, (MAX_SHEETS,)),  # bits that first visits save, over all lanes
        # Ports and networks.
        ("n_sheets", _int),
        ("sheet_bits", _float, (MAX_SHEETS,)),  # bits a cycle
        ("sheet_node", _int, (MAX_SHEETS,)),  # lanes outside it are instances of the port
        ("sheet_memory", _int, (MAX_SHEETS,)),  # -1 for a network
        ("sheet_waits", _int, (MAX_SHEETS,)),  # 1 where transfers stop the compute
        ("sheet_passes", _float, (MAX_SHEETS, MAX_TENSORS, 5)),  # 1 where the port serves actions
        # Columns of ``q``.
        ("ports", _int),
        ("resources", _int),
        ("tensors", _int),
        ("tensor_width", _int),
        ("sheet_width", _int),
        ("width", _int),
        # What is wanted.
        ("energy_power", _int),
        ("cycles_power", _int),
        ("operation_energy", _float),
        ("leakage", _float),  # energy a cycle
        ("operations", _float),
        ("rate", _float),
        ("tolerance", _float),
        ("lexicographic", _int),  # cycles only break ties
        ("front", _int),  # all points of energy and cycles are wanted
        # State.
        ("counts", _int, (16,)),
        ("best", _float, (4,)),
        ("front_energy", _float, (MAX_FRONT,)),
        ("front_cycles", _float, (MAX_FRONT,)),
        ("front_label", _int, (MAX_FRONT,)),
        ("n_front", _int),
        ("beam", _int),  # labels that may leave a node; 0 is all
        ("lowest", _float, (MAX_BEAM,)),  # bounds of the best that have left this node so far
        # Scratch.
        ("low", _float, (MAX_SHEETS,)),
        ("total", _float, (MAX_SHEETS,)),
        ("fixed", _float, (MAX_SHEETS, MAX_TENSORS)),
        ("part", _float, (MAX_SHEETS, MAX_TENSORS)),
        ("tile_read", _float, (MAX_SHEETS, MAX_TENSORS)),
        ("unit", _float, (MAX_SHEETS, MAX_TENSORS)),
        ("strip", _float, (MAX_SHEETS, MAX_TENSORS, MAX_DIMS)),
        ("steeper", _float, (MAX_SHEETS, MAX_TENSORS, MAX_DIMS)),
        ("tiled", _int),
        ("column", _int, (MAX_TENSORS,)),  # of a row's ``inverse``
        ("last_spread", _int),
        ("value", _float, (MAX_TENSORS,)),
        ("whole", _float, (MAX_TENSORS,)),
        ("divided", _float, (MAX_TENSORS,)),
        ("by_dim", _float, (MAX_DIMS,)),
        ("by_set", _float, (1 << MAX_TENSORS,)),
        ("lane_dim", _int, (128,)),
        ("lane_bound", _int, (128,)),
        ("lane_stride", _int, (128,)),
        ("marks", np.uint64, (MAX_MARKS,)),
        ("head", _int, (CHAINS,)),
    ]
)
SEARCH = np.dtype((np.record, FIELDS))
"""A search, as kernels see it; outside of them the plain fields are ten times faster to reach."""

PATTERN_FIELDS = ("kept", "n_sheets")
"""First field that depends on what is kept where, and the first after them."""

POINT = np.dtype(
    (
        np.record,
        [
            ("volume", _float),  # product of all loops outside
            ("sums", _float),  # of those over dims that the output lacks
            ("left", _int),  # prime exponents of all that stands outside, packed with guard bits
            ("words", _float, (MAX_TENSORS,)),
            ("alone", _float, (MAX_TENSORS,)),  # 1 / all that is left of the dims it lacks
            ("extent", np.int32, (MAX_DIMS,)),
            ("digit", np.int16, (MAX_DIMS,)),  # number of the divisor
        ],
    )
)

LABEL = np.dtype(
    (
        np.record,
        [
            ("bound", _float),
            ("closing", _float),  # bound if its block closes, once it was led to grow
            ("slack", _float),  # energy that lanes further out may still save
            ("joint", _int),  # products of the joint limits under way, packed
            ("used", _int),  # mask of dims with a loop in the block, where that still matters
            ("action", _int),  # dim * 4096 + divisor number of the loop, a row of lanes, or END
            ("point", np.int32),
            ("parent", np.int32),
            ("next", np.int32),
            ("alive", np.int32),
            ("state", np.int32, (MAX_TENSORS,)),
            ("at", np.int32, (MAX_NODES,)),  # point outside each node passed
        ],
    )
)

ROW = np.dtype(
    (
        np.record,
        [
            ("packed", _int),  # prime exponents of the lanes
            ("lanes", _float),  # over all dims
            ("step", _int),  # in points
            ("broken", _int),  # mask of the dims with lanes
            ("alike", _int),  # rows from here on that are alike, itself included: see ``ways``
            # 1 / lanes that share a word of a tensor at most, those that the row leaves to the
            # rest of its group included; then the same for tiles of one word.
            ("inverse", _float, (2 * MAX_TENSORS,)),
            ("number", np.int16, (MAX_DIMS,)),  # of the divisor that each dim takes
            ("mesh", np.int32, (2,)),  # lanes used of each axis, where fanouts share an array
        ],
    )
)
