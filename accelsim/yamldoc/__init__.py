"""YAML text -> data that remembers file, line and column.

A spec is plain YAML, read strictly.  What YAML 1.1 does behind a writer's back is closed here:

- a key that occurs twice in a mapping is a fault (PyYAML keeps the last one, silently);
- ``yes``, ``no``, ``on``, ``off``, ``12:30``, ``010`` and ``0x10`` are text: only ``true`` and
  ``false`` are booleans, and numbers are decimal (``1e-9`` is one);
- tags, merge keys and several documents in one file are refused;
- size, nesting, the number of values and what aliases expand to are bounded, so that a hostile
  file gets a message at once.
"""

from accelsim.yamldoc.builder import MAX_ALIASED, MAX_DEPTH, MAX_VALUES, scalar
from accelsim.yamldoc.document import (
    MAX_PROBLEMS,
    Document,
    Keys,
    Mark,
    Node,
    Scalar,
    capped,
    lines_of,
    unwritten,
)
from accelsim.yamldoc.reading import (
    MAX_BYTES,
    decoded,
    load,
    parse,
    read_bytes,
    read_text,
    shown_path,
)

__all__ = [
    "MAX_ALIASED",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_PROBLEMS",
    "MAX_VALUES",
    "Document",
    "Keys",
    "Mark",
    "Node",
    "Scalar",
    "capped",
    "decoded",
    "lines_of",
    "load",
    "parse",
    "read_bytes",
    "read_text",
    "scalar",
    "shown_path",
    "unwritten",
]
