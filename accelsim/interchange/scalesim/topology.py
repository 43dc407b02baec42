"""SCALE-Sim's topologies: CSV files of convolutions or of products of matrices, as workloads.

Columns are read by their position, as there.  Of convolutions they are: name, rows and columns of
the input, rows and columns of the filter, channels, filters, and one stride or two (rows, columns).
Of products: name, M, N, K; the input has M x K words, the weights K x N.  A row ends with a comma.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from accelsim.errors import SpecError
from accelsim.interchange.pages import Cell, Page, cell_of
from accelsim.interchange.timeloop.making import Made, layer_name, native_name
from accelsim.yamldoc import Document, Mark, Node, read_text, shown_path

SUFFIX = ".csv"

CONV = ("ifmap rows", "ifmap columns", "filter rows", "filter columns", "channels", "filters")

PRODUCT = ("m", "n", "k")

MOST_LAYERS = 5_000

MOST_COLUMNS = 100

BITS = 8
"""SCALE-Sim holds a value in a byte."""

FORMS = (
    "columns as 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, "
    "Num Filter, Strides,' or 'Layer, M, N, K,'"
)


class Named(NamedTuple):
    """A layer on its way: its name there, and what a spec says of it."""

    name: Cell
    said: dict[str, Node]


def looks_like_topology(path: Path) -> bool:
    """Tell by its first row whether a CSV file is one of SCALE-Sim's topologies.

    A file that cannot be read is none; whoever reads it next says why.
    """
    if path.suffix != SUFFIX:
        return False
    try:
        text = read_text(path)
    except SpecError:
        return False
    first = next(_rows(Page(path.name, text)), [])
    return bool(_form(first)) or _is_layer(first) or _has_semicolons(first)


def read_topology(path: Path) -> tuple[Document, Page]:
    """Read a topology as a workload, with the page that it was read from.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    file = shown_path(path)
    text = read_text(path)
    page = Page(file, text)
    rows = _rows(page)
    header = next(rows, [])
    form = _form(header)
    top = Mark(1, 1, 1)
    if not form:
        mark = header[0].mark if header else top
        what = "this is no topology of SCALE-Sim's"
        if _is_layer(header):
            what = "a layer in the first row, which SCALE-Sim passes over: it names the columns"
        elif _has_semicolons(header):
            what = "columns are cut by semicolons, and SCALE-Sim cuts them by commas"
        page.fault(mark, what, FORMS)
        page.stop_if_wrong()
    if any("intraline" in cell.text.lower() for cell in header):
        what = "this is a layout of SCALE-Sim's memories, and no topology"
        page.fault(header[0].mark, what, "nothing of it: words stand in memories in any order")
        page.stop_if_wrong()
    if form == "gemm" and [_plain(cell.text) for cell in header[1:4]] != list(PRODUCT):
        what = "SCALE-Sim reads the columns of a product by their position"
        page.fault(header[1].mark, what, "M, N, K in this order")
    layers = list(_layers(page, rows, form, _batch_column(header)))
    if not layers and not page.problems:
        page.fault(top, "there is no layer in this topology", "a row for each layer")
    page.stop_if_wrong()
    made = Made(top)
    items = {
        "kind": made.value("workload"),
        "name": made.value(native_name(path.stem)),
        "source": made.value(f"SCALE-Sim, {file}"),
        **page.assumptions(made, [f"values of {BITS} bits: SCALE-Sim holds each in a byte"]),
        "layers": made.listed(layers),
    }
    return page.document(made.mapping(items)), page


def _rows(page: Page) -> Iterator[list[Cell]]:
    """Yield the rows that hold something, each without what is empty at its end."""
    for number, line in enumerate(page.text.splitlines(), 1):
        if not line.strip(", \t"):
            continue
        columns = line.count(",") + 1
        if columns > MOST_COLUMNS:
            page.fault(Mark(number, 1, 1), f"{columns:,} columns", f"at most {MOST_COLUMNS}")
            continue
        cells, start = [], 0
        for piece in line.split(","):
            cells.append(cell_of(piece, number, start))
            start += len(piece) + 1
        while cells and not cells[-1].text:
            cells.pop()
        if cells:
            yield cells


def _plain(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _form(header: list[Cell]) -> str:
    """Return what the rows below a header are: convolutions, products, or nothing known."""
    words = [_plain(cell.text) for cell in header]
    if len(words) >= 8 and words[1].startswith("ifmap") and words[3].startswith("filter"):
        return "conv"
    return "gemm" if sorted(words[1:4]) == sorted(PRODUCT) else ""


def _is_layer(row: list[Cell]) -> bool:
    """Tell whether a row holds the sizes of a layer."""
    sizes = [cell.text for cell in row[1:8]]
    return len(row) > 3 and all(size.isdecimal() for size in sizes)


def _has_semicolons(row: list[Cell]) -> bool:
    words = _plain(row[0].text) if row else ""
    return len(row) == 1 and ";" in row[0].text and ("ifmap" in words or words.startswith("layer"))


def _batch_column(header: list[Cell]) -> int | None:
    """Return the column that says how many inputs a layer has, where one is named so."""
    named = (at for at, cell in enumerate(header) if _plain(cell.text).startswith("batch"))
    return next(named, None)


def _layers(page: Page, rows: Iterator[list[Cell]], form: str, batch: int | None) -> Iterator[Node]:
    seen: dict[str, int] = {}
    for count, row in enumerate(rows, 1):
        if count > MOST_LAYERS:
            page.fault(row[0].mark, f"more than {MOST_LAYERS:,} layers", "fewer, in several files")
            return
        if '"' in row[0].text or "'" in row[0].text:
            page.fault(row[0].mark, "a name in quotes: SCALE-Sim cuts rows at every comma", "none")
            continue
        if not row[0].text:
            page.fault(row[0].mark, "a layer without a name", "a name before the first comma")
            continue
        many = row[batch : batch + 1] if batch is not None else []
        row = [cell for cell in row if cell not in many]
        said = _conv(page, row) if form == "conv" else _product(page, row)
        if said is None:
            continue
        for cell in many:
            if form == "conv":
                said["N"] = Made(cell.mark).value(page.whole(cell, "the batch"))
            else:
                page.fault(cell.mark, "a batch of products", "M, the rows of all of them")
        made = Made(row[0].mark)
        name = layer_name(row[0].text)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            page.note(row[0].mark, f"a second layer '{name}', called '{name}_{seen[name]}' here")
            name = f"{name}_{seen[name]}"
        bits = {key: made.value(BITS) for key in ("weights", "inputs", "outputs")}
        yield made.mapping({"name": made.value(name), **said, "bits": made.mapping(bits)})


def _conv(page: Page, row: list[Cell]) -> dict[str, Node] | None:
    if not 8 <= len(row) <= 10:
        what = f"a convolution with {len(row)} columns"
        page.fault(row[-1].mark, what, "8 or 9: a name, six sizes, and one stride or two")
        return None
    before = len(page.problems)
    sizes = [page.whole(cell, name) for cell, name in zip(row[1:7], CONV, strict=True)]
    last = row[8] if len(row) > 8 and ":" not in row[8].text else row[7]
    strides = [page.whole(row[7], "the stride"), page.whole(last, "the stride of columns")]
    for cell in row[8:]:
        if ":" in cell.text:
            page.note(cell.mark, f"sparsity '{cell.text}' is left out: zeros count as other values")
        elif cell is not row[8]:
            page.fault(cell.mark, "a third stride", "one or two")
    rows, cols, filter_rows, filter_cols, channels, filters = sizes
    for of, inside, cell in ((rows, filter_rows, row[3]), (cols, filter_cols, row[4])):
        if inside > of:
            page.fault(cell.mark, f"a filter of {inside} on an input of {of}", "one that fits")
    if len(page.problems) > before:
        return None
    out = []
    windows = (filter_rows, filter_cols)
    for name, size, window, stride, cell in zip(
        ("rows", "columns"), (rows, cols), windows, strides, row[1:3], strict=True
    ):
        out.append(-(-(size - window + stride) // stride))
        if (size - window) % stride:
            what = f"{size} {name}, windows of {window} and a stride of {stride} are taken"
            page.note(cell.mark, f"{what} as {out[-1]} outputs, rounded up as SCALE-Sim does")
    at = dict(zip(("H", "W", "R", "S", "C", "M"), row[1:7], strict=True))
    depthwise = "DP" in row[0].text
    numbers = {"G": channels} if depthwise else {"C": channels}
    numbers |= {"M": filters, "P": out[0], "Q": out[1], "R": filter_rows, "S": filter_cols}
    places = {**at, "G": at["C"], "P": at["H"], "Q": at["W"]}
    said = {dim: Made(places[dim].mark).value(number) for dim, number in numbers.items()}
    pair = [Made(row[7].mark).value(strides[0]), Made(last.mark).value(strides[1])]
    shape = Made(row[0].mark).value("depthwise" if depthwise else "conv")
    return {"shape": shape, **said, "stride": Made(row[7].mark).listed(pair)}


def _product(page: Page, row: list[Cell]) -> dict[str, Node] | None:
    """Return a product of matrices; M and N change names: here the weights are M x K."""
    if not 4 <= len(row) <= 5:
        page.fault(row[-1].mark, f"a product with {len(row)} columns", "4: a name, M, N and K")
        return None
    before = len(page.problems)
    m, n, k = (page.whole(cell, name.upper()) for cell, name in zip(row[1:4], PRODUCT, strict=True))
    if len(row) > 4:
        if ":" in row[4].text:
            what = f"sparsity '{row[4].text}' is left out: zeros count as other values"
            page.note(row[4].mark, what)
        else:
            page.fault(row[4].mark, "a fourth size", "M, N and K")
    if len(page.problems) > before:
        return None
    dims = {"M": (n, row[2]), "N": (m, row[1]), "K": (k, row[3])}
    said = {dim: Made(cell.mark).value(number) for dim, (number, cell) in dims.items()}
    return {"shape": Made(row[0].mark).value("gemm"), **said}
