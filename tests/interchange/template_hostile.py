"""Hostile templates of Timeloop's files: they loop, grow, climb out, or take in too much."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.interchange.guarded import Content

TOP, OTHER = "top.yaml.jinja2", "parts/other.yaml"

LONG = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"

DOUBLING = (
    "{% set n = namespace(x='aaaa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}"
    "{% endfor %}{{ n.x }}"
)

SYSTEM = "{{ cycler.__init__.__globals__.os.system('touch hacked') }}"

FORMATTED = "{{ '{0.__class__.__init__.__globals__}'.format(cwd) }}"


def endless() -> Iterator[tuple[str, str, str]]:
    yield "loops for long", LONG, "does not end"
    yield "counts to a thousand million", "{% for i in range(10**9) %}{% endfor %}", "rendered"
    yield "raises to powers of powers", "{{ 9**(9**(9**9)) }}", "does not end|memory"
    yield "makes a number of 10^10 bits", "{{ 2**(10**10) }}", "does not end|memory"
    yield "grows for long", DOUBLING, "memory|MB"
    yield "repeats a text", "{{ 'a' * 10**9 }}", "memory|MB"
    yield "repeats a list", "{{ [0] * 10**10 }}", "memory|MB"
    yield "pads a number", "{{ '%999999999d' % 3 }}", "memory|MB|longer"
    yield "writes without end", "{% for a in range(99999) %}{{ 'x' * 999 }}{% endfor %}", "longer"
    yield "calls itself", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "memory|MB"
    yield "is nested without end", "{{ " + "(" * 9000 + ")" * 9000 + " }}", "memory|template"
    keys = "architecture:\n{% for n in range(60000) %}  k{{ n }}: 1\n{% endfor %}"
    yield "writes very many values", keys, "more than 50,000 values"


def climbing() -> Iterator[tuple[str, str, str]]:
    yield "climbs to objects", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"
    yield "calls the system", SYSTEM, "undefined|unsafe"
    yield "asks for a joiner's module", "{{ joiner.__init__.__globals__ }}", "undefined|unsafe"
    yield "asks for lipsum's module", "{{ lipsum.__globals__ }}", "undefined|unsafe"
    yield "asks for a namespace's module", "{{ namespace.__init__.__globals__ }}", "unsafe"
    yield "asks for a function's owner", "{{ include_text.__self__.folders }}", "unsafe"
    yield "asks by a filter", "{{ (''|attr('__class__')).__mro__ }}", "unsafe|undefined"
    yield "asks by a format", FORMATTED, "unsafe"
    yield "asks by a map", "{{ ['']|map(attribute='__class__')|list }}", "unsafe|undefined|rendered"
    yield "changes what it was given", "{{ dict.update }}{% do 1 %}", "no template"
    yield "imports", "{% import 'os' as os %}{{ os }}", "take in nothing here"
    yield "includes by a statement", "{% include '../secret.yaml' %}", "take in nothing here"


def taking() -> Iterator[tuple[str, str, str]]:
    yield "reads outside", "{{ include_text('/etc/passwd') }}", "outside the folders"
    yield "reads above", "{{ include_text('../secret.yaml') }}", "outside the folders"
    yield "reads all that is above", "{{ include_text('../*') }}", "outside the folders"
    yield "reads above by adding a path", "{{ add_to_path('..') }}", "no folder within"
    yield "reads what nobody has", "{{ include_text('nothing.yaml') }}", "no file 'nothing.yaml'"
    yield "reads a number", "{{ include_text(5) }}", "is no path"
    yield "reads a name with a zero", "{{ include_text('a\\0b') }}", "is no path"
    yield "includes itself", "{{ include_text('top.yaml.jinja2') }}", "included|memory"
    yield "takes in what is not there", "architecture: !include_loaded file_9.nodes", "nothing|tag"


def faulty() -> Iterator[tuple[str, str, str]]:
    yield "with an unknown name", "{{ glb_depth }}", "'glb_depth' is undefined"
    yield "that does not close", "{% for a in [1] %}", "no template"
    yield "that divides by 0", "{{ 1 / 0 }}", "cannot be rendered"


def several() -> Iterator[tuple[str, Mapping[str, Content], str]]:
    """Yield templates with files beside them."""

    def linked(path: Path) -> None:
        path.symlink_to(path.parents[2] / "secret.yaml")

    take = "{{ include_text('parts/other.yaml') }}"
    back = "{{ include_text('top.yaml.jinja2') }}"
    yield "a circle of two templates", {TOP: take, OTHER: back}, "included|memory"
    yield "takes in a link", {TOP: take, OTHER: linked}, "outside the folders"
    yield "takes in a pipe", {TOP: take, OTHER: os.mkfifo}, "no file"
    yield "takes in bytes", {TOP: take, OTHER: b"\xff\xfe\0"}, "UTF-8"
    taken = "architecture: {{ include('parts/other.yaml') }}"
    itself = {TOP: taken, OTHER: "nodes: !include_loaded file_0"}
    yield "takes in what takes in itself", itself, "nothing stands at"


def cases() -> Iterator[tuple[str, Mapping[str, Content], str]]:
    for name, text, said in (*endless(), *climbing(), *taking(), *faulty()):
        yield f"a template {name}", {TOP: f"# {name}\n{text}\n"}, said
    for name, files, said in several():
        yield f"templates: {name}", files, said
    rendered = {TOP: "{% set x = 1 %}\narchitecture: {nodes: {{ x }} }\n"}
    yield "a template of nonsense", rendered, "must be a list"
