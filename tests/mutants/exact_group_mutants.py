"""Mistakes about fanouts that share an array, and about loops left to a place further out."""

from __future__ import annotations

from tests.mutants.exact_mutant import GEOMETRY, PATTERN, ROWS, mutant

GROUP_MUTANTS = (
    mutant(
        "lanes on one axis are no longer there on the other",
        GEOMETRY,
        "room = s.mesh[array, 0] // q[index, used] * (s.mesh[array, 1] // q[index, used + 1])",
        "room = s.mesh[array, 0] // q[index, used]",
        ("grouped 432", "latency"),
    ),
    mutant(
        "an array that fanouts share has half its lanes",
        PATTERN,
        "min(lanes, float(s.mesh[array, 0] * s.mesh[array, 1]))",
        "min(lanes, 0.5 * s.mesh[array, 0] * s.mesh[array, 1])",
        ("grouped 307", "front"),
    ),
    mutant(
        "lanes of the rest of a group share nothing",
        ROWS,
        "/= np.minimum(most, left)[:, None]",
        "/= np.minimum(most, 1.0)",
        ("grouped 686", "energy"),
    ),
    mutant(
        "a row leaves no lanes on an axis that it uses",
        ROWS,
        "left = np.prod(np.array([limits.mesh_x, limits.mesh_y]) // mesh, axis=1)",
        "left = np.prod(np.where(mesh > 1, 1, [limits.mesh_x, limits.mesh_y]), axis=1)",
        ("grouped 653", "energy"),
    ),
    mutant(
        "loops over a joined dim move past lanes",
        PATTERN,
        "s.passed[node] = every & ~joined",
        "s.passed[node] = every",
        ("steps inside lanes", "front"),
    ),
    mutant(
        "loops move past lanes though a tensor joins dims",
        PATTERN,
        "if outer == node + 1 or joined == 0:",
        "if True:",
        ("steps inside lanes", "front"),
    ),
    mutant(
        "loops move past lanes out of what is kept",
        PATTERN,
        "elif nothing == 1:",
        "else:",
        ("order inside lanes", "front"),
    ),
)
