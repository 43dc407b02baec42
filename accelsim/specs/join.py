"""From a document to a model: pydantic's error locations joined to lines and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from accelsim.errors import Problem, SpecError, Where
from accelsim.specs.fields import IT, Context, one_of, quoted, suggestion
from accelsim.units import shown
from accelsim.yamldoc import MAX_PROBLEMS, Document, Keys, Mark, Node, capped


class SpecModel(BaseModel):
    """The root of all spec models: unknown keys are faults, and a message can name the part.

    ``noun`` is what a message calls such a part, ``name_keys`` the keys that may hold its name.
    ``tag`` marks a member of a union: it appears in pydantic's locations and never in a file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    noun: ClassVar[str] = "spec"
    name_keys: ClassVar[tuple[str, ...]] = ("name",)
    tag: ClassVar[str] = ""
    noun_of_union: ClassVar[str] = ""
    tag_key: ClassVar[str] = ""
    """The key whose value picks the member; empty where the presence of a key does."""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Return the keys that a file may use; those of the part itself before inherited ones."""
        definers = [definer for definer in cls.__mro__ if issubclass(definer, SpecModel)]
        names = [name for definer in definers for name in definer.__annotations__]
        return tuple(dict.fromkeys(name for name in names if name in cls.model_fields))

    @classmethod
    def knows(cls, keys: Sequence[str]) -> bool:
        """Tell whether a way of keys into such a part leads to a field of it."""
        if keys[0] not in cls.keys():  # noqa: SIM118
            return False
        inner = list(models_in(cls.model_fields[keys[0]].annotation))
        return len(keys) == 1 or not inner or any(model.knows(keys[1:]) for model in inner)

    @classmethod
    def unknown_key(cls, key: str, within: str) -> Problem:
        """Return the problem of a key that no field has; models may know better words."""
        return Problem(
            f"unknown key '{shown(key)}' in {within}",
            got=key,
            expected=one_of(cls.keys()),
            hint=suggestion(key, cls.keys()),
        )


Model = TypeVar("Model", bound=SpecModel)

Known = Mapping[str, Mapping[int, SpecModel]]
"""Models of items of lists, by key and position."""


@dataclass
class Faults:
    """What is wrong with a document so far, and where."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    more: int = 0
    """Problems beyond those that are put into words."""
    places: set[Keys] = field(default_factory=set)
    touched: set[Keys] = field(default_factory=set)
    """Everything that has a fault at it or inside it."""

    def note(self, place: Keys, problem: Problem | None) -> None:
        """Note a fault; without words it is only counted."""
        if problem is None:
            self.more += 1
        else:
            self.problems.append(problem)
        self.places.add(place)
        self.touch(place)

    def touch(self, place: Keys) -> None:
        """Note that what stands at ``place``, and all around it, cannot be trusted."""
        self.touched.update(place[:length] for length in range(len(place) + 1))

    def intact_items(self, key: str) -> Iterator[tuple[int, Node]]:
        """Yield the items of a list that have no fault, so that they can be looked into."""
        node = self.document.node((key,))
        if node is None or not isinstance(node.value, list) or (key,) in self.places:
            return
        for index, item in enumerate(node.value):
            if (key, index) not in self.touched:
                yield index, item

    def error(self) -> SpecError:
        """Return the error that carries all problems."""
        distinct = list(dict.fromkeys(self.problems))
        return SpecError(capped(distinct, self.document.file, self.more))

    def __bool__(self) -> bool:
        return bool(self.problems or self.more)


def validate(
    model: type[Model],
    faults: Faults,
    context: Context | None = None,
    known: Known | None = None,
) -> Model | None:
    """Validate a whole document; None if anything is wrong, which ``faults`` then holds.

    Parameters
    ----------
    known : items of its lists that are known to be right, as their models
    """
    valid = validate_part(model, faults.document, (), context, known)
    if not isinstance(valid, Faults):
        return valid
    faults.problems += valid.problems
    faults.more += valid.more
    faults.places |= valid.places
    faults.touched |= valid.touched
    return None


def validate_part(
    model: type[Model],
    document: Document,
    keys: Keys,
    context: Context | None = None,
    known: Known | None = None,
) -> Model | Faults:
    """Validate what stands at ``keys``: return the model, or what is wrong."""
    node = document.node(keys) or Node({}, Mark(0, 0, 0))
    faults = Faults(document)
    data = _plain(node, known or {})
    for place in _empty_values(keys, data):
        problem = Problem(f"{_label(place)} has no value", document.where_key(place))
        faults.note(place, problem if len(faults.problems) < MAX_PROBLEMS else None)
    empty = frozenset(faults.places)
    try:
        valid = model.model_validate(data, context=context)
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
    else:
        return faults if faults else valid
    marked = [(_mark(error, document, keys), index) for index, error in enumerate(errors)]
    parameters = context.parameters if context is not None else {}
    blamed = set[str]()
    for rank, (_, index) in enumerate(sorted(marked)):
        error = errors[index]
        place = (*keys, *real_keys(error["loc"]))
        if place in empty and error["type"] != "extra_forbidden":
            continue  # it has no value, which is all there is to say
        name = error["input"] if isinstance(error["input"], str) else ""
        if error["type"] == "spec" and name in parameters:
            if name in blamed:  # the value of a parameter is refused once, wherever it goes
                faults.touch(place)
                continue
            blamed.add(name)
        # Beyond the first it is only counted: nobody reads the thousandth hint, and finding it
        # takes time.
        found = problem_of(error, model, document, keys) if rank < MAX_PROBLEMS else None
        if found is not None and name in blamed:
            found = _of_parameter(found, name, document)
        if context is not None and found is not None and found.got in context.broken:
            faults.touch(place)
        else:
            faults.note(place, found)
    return faults


def _plain(node: Node, known: Known) -> object:
    """Return a value as plain data, with models in place of items of its lists."""
    if not known or not isinstance(node.value, dict):
        return node.plain()
    return {key: _plain_items(its, known.get(key, {})) for key, its in node.value.items()}


def _plain_items(node: Node, models: Mapping[int, SpecModel]) -> object:
    if not models or not isinstance(node.value, list):
        return node.plain()
    return [models.get(at) or item.plain() for at, item in enumerate(node.value)]


def _of_parameter(problem: Problem, name: str, document: Document) -> Problem:
    """Say of a value at fault which parameter it comes from, at the words that set it, if any."""
    set_at = document.where(("parameters", name))
    where = problem.where if set_at.line else set_at
    return replace(problem, what=f"{problem.what}, from the parameter '{name}'", where=where)


def _mark(error: ErrorDetails, document: Document, keys: Keys) -> tuple[int, int]:
    place = (*keys, *real_keys(error["loc"]))
    at_key = error["type"] == "extra_forbidden"
    mark = document.mark_key(place) if at_key else document.mark(place)
    return mark.line, mark.column


def _empty_values(keys: Keys, data: object) -> Iterator[Keys]:
    """Yield keys without a value: YAML reads them as null, which no key of a spec may be."""
    if data is None and keys:
        yield keys
    elif isinstance(data, dict):
        for key, inside in data.items():
            if inside is None or isinstance(inside, dict | list):
                yield from _empty_values((*keys, key), inside)
    elif isinstance(data, list):
        for index, inside in enumerate(data):
            if inside is None or isinstance(inside, dict | list):
                yield from _empty_values((*keys, index), inside)


def real_keys(location: tuple[str | int, ...]) -> Keys:
    """Drop from a pydantic location the tags of unions, which are not keys of the file."""
    return tuple(key for key in location if not _is_tag(key))


def _is_tag(key: str | int) -> bool:
    return isinstance(key, str) and (key.startswith("<") or key == "[key]")


def problem_of(
    error: ErrorDetails, model: type[SpecModel], document: Document, keys: Keys
) -> Problem:
    """Put one pydantic error into our words, at its place."""
    location = error["loc"]
    place = (*keys, *real_keys(location))
    kind = error["type"]
    where = document.where(place)
    if location and location[-1] == "[key]":
        where = document.where_key(place)
    if kind == "spec":
        words = error["ctx"]
        what = words["what"].replace(IT, _label(place))
        got = words["got"] or shown(error["input"])
        return Problem(what, where, got, words["expected"], words["hint"])
    last = str(place[-1]) if place else ""
    if kind in ("extra_forbidden", "missing"):
        owner = _model_at(model, location[:-1])
        within = described(owner, document, place[:-1])
        if kind == "extra_forbidden":
            problem = owner.unknown_key(last, within)
            at = document.where_key(place)
            return Problem(problem.what, at, problem.got, problem.expected, problem.hint)
        return Problem(f"missing key '{last}' in {within}", document.where(place[:-1]))
    label = _label(place)
    value = error["input"]
    if kind == "list_type":
        hint = f"write [{shown(value)}]" if isinstance(value, str | int) else ""
        return Problem(f"{label} must be a list, not {quoted(value)}", where, hint=hint)
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return Problem(f"{label} must be keys and values, not {quoted(value)}", where)
    if kind == "too_long":
        return Problem(
            f"{label} is too long", where, expected=f"at most {error['ctx']['max_length']}"
        )
    if kind == "too_short":
        least, actual = error["ctx"]["min_length"], error["ctx"]["actual_length"]
        if not actual:
            return Problem(f"{label} is empty", where)
        return Problem(f"{label} has {actual} item", where, expected=f"at least {least}")
    if kind == "union_tag_not_found":
        return _no_member(_members_at(model, location), value, where)
    return Problem(f"{label}: {error['msg'].lower()}", where, shown(value))


def _no_member(members: list[type[SpecModel]], value: object, where: Where) -> Problem:
    """Return the problem of a part that no member of a union describes."""
    noun, key = members[0].noun_of_union, members[0].tag_key
    known = [member.tag.strip("<>") for member in members]
    if not isinstance(value, dict):
        return Problem(f"a {noun} must be keys and values, not {quoted(value)}", where)
    if not key:
        hints = filter(None, (suggestion(str(written), known) for written in value))
        return Problem(
            f"this {noun} does not say what it is",
            where,
            expected=f"one of the keys {', '.join(known)}",
            hint=next(hints, ""),
        )
    if key not in value:
        return Problem(f"missing key '{key}' in this {noun}", where, expected=one_of(known))
    written = value[key]
    return Problem(
        f"unknown {key} {quoted(written)}",
        where,
        expected=one_of(known),
        hint=suggestion(str(written), known),
    )


def _label(place: Keys) -> str:
    if place and isinstance(place[-1], int):
        return f"item {place[-1] + 1} of '{place[-2]}'" if len(place) > 1 else "this"
    return f"'{shown(place[-1])}'" if place else "this"


def described(model: type[SpecModel], document: Document, place: Keys) -> str:
    """Return what a message calls the part at ``place``: "memory 'glb'"."""
    node = document.node(place)
    if node and isinstance(node.value, dict):
        for key in model.name_keys:
            named = node.value.get(key)
            if named and isinstance(named.value, str | int) and str(named.value).strip():
                return f"{model.noun} '{shown(named.value)}'"
    if place and isinstance(place[-1], str):
        return f"'{place[-1]}'"
    return f"this {model.noun}"


def _model_at(model: type[SpecModel], location: tuple[str | int, ...]) -> type[SpecModel]:
    """Follow a pydantic location through the annotations, tags of unions included."""
    here, _ = _follow(model, location)
    return here


def _members_at(model: type[SpecModel], location: tuple[str | int, ...]) -> list[type[SpecModel]]:
    """Return the members of the union that stands at a location."""
    _, members = _follow(model, location)
    return members


def _follow(
    model: type[SpecModel], location: tuple[str | int, ...]
) -> tuple[type[SpecModel], list[type[SpecModel]]]:
    here: type[SpecModel] = model
    candidates: list[type[SpecModel]] = [model]
    for key in location:
        if isinstance(key, str) and key.startswith("<"):
            here = next(member for member in candidates if member.tag == key)
        elif isinstance(key, str) and key in here.model_fields:
            candidates = list(models_in(here.model_fields[key].annotation))
            if len(candidates) == 1:
                here = candidates[0]
    return here, candidates


def models_in(annotation: Any) -> Iterator[type[SpecModel]]:
    """Yield the models that a field's annotation, or a union of models, names."""
    if isinstance(annotation, type) and issubclass(annotation, SpecModel):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from models_in(argument)


def check_kind(document: Document, kind: str) -> None:
    """Refuse a file that is a spec of another kind, before its keys are judged by the wrong rules.

    Raises
    ------
    SpecError
        If ``kind:`` is missing or another one.
    """
    node = document.node(("kind",))
    if node is None:
        raise SpecError(
            [Problem("missing key 'kind'", document.where(), expected=f"`kind: {kind}`")]
        )
    if node.value != kind:
        raise SpecError(
            [
                Problem(
                    f"this is of kind {quoted(node.value)}",
                    document.where(("kind",)),
                    got=shown(node.value),
                    expected=f"'{kind}'",
                    hint=suggestion(str(node.value), (kind,)),
                )
            ]
        )
