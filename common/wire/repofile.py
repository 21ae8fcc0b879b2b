"""`.continuum.yml`: its text becomes a RepoConfig, or a Failure that names every problem with its line.

The keys and their types are those of RepoConfig in `common/wire/contracts.py`; docs/continuum-yml.md explains them.
Scalars are taken as they are written (`VERSION: 1.10` is "1.10", `on` is a key and not a boolean), and the models
turn them into what they want; so YAML's own guesses about types decide nothing.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

import yaml
from pydantic import BaseModel, ValidationError

from . import globs
from . import limits as owners
from .contracts import Limits, RepoConfig
from .errors import Failure

FILE_NAME = ".continuum.yml"
MAX_BYTES = 64 * 1024
TOO_LARGE = f"{FILE_NAME} is larger than {MAX_BYTES // 1024} KiB: nothing in it needs that much"
MAX_DEPTH = 20
MAX_TOLD = 20           # problems named one by one

Path = tuple[str | int, ...]
Problems = list[tuple[int, str]]            # (line from 1, sentence)

_WANTED = {
    "int_parsing": "must be a whole number", "int_type": "must be a whole number",
    "int_from_float": "must be a whole number", "float_parsing": "must be a number", "float_type": "must be a number",
    "bool_parsing": "must be true or false", "bool_type": "must be true or false",
    "string_type": "must be text", "list_type": "must be a list", "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of keys to values", "model_attributes_type": "must be a mapping of keys to values",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
                    "must be a date such as 2027-01-31"),
}


def parse(text: str, limits: Limits | None = None) -> RepoConfig:
    """Return the configuration in `text` with defaults filled in; an empty file is all defaults.

    With `limits`, a value over its limit is a problem of its line, and no default is over its limit.
    Raises Failure `invalid_config` with one sentence for each problem, in the order of their lines; its parameter
    `problems` has them as `{line, message}`.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _invalid(TOO_LARGE, [(None, TOO_LARGE)])
    root = _compose(text)
    if root is None or _is_empty(root):
        return without_file(limits)
    if not isinstance(root, yaml.MappingNode):
        _refuse([(_line(root), "the file must be a mapping of keys to values, such as `build: {context: .}`")])
    places: dict[Path, int] = {}
    problems: Problems = []
    data = _plain(root, (), places, problems)
    config = _validate({key: value for key, value in data.items() if value is not None}, data, places, problems)
    problems += [(places[path], sentence) for path, sentence in _unsafe(data) if path in places]
    if limits:
        over = owners.exceeded(config, limits, datetime.now(UTC).date())
        problems += [(places[path], sentence) for path, sentence in over if path in places]
    if problems:
        _refuse(problems)
    return owners.within(config, limits) if limits else config


def without_file(limits: Limits | None = None) -> RepoConfig:
    """Return the configuration of a repository that has no file: every default, none over its limit."""
    return owners.within(RepoConfig(), limits) if limits else RepoConfig()


def _refuse(problems: Problems) -> NoReturn:
    found = sorted(dict.fromkeys(problems))
    sentences = [f"line {line}: {sentence}" for line, sentence in found]
    if len(sentences) == 1:
        raise _invalid(f"{FILE_NAME}, {sentences[0]}", found)
    more = [f"and {len(sentences) - MAX_TOLD} more"] if len(sentences) > MAX_TOLD else []
    raise _invalid("\n".join([f"{FILE_NAME} has {len(sentences)} problems:", *sentences[:MAX_TOLD], *more]), found)


def _invalid(text: str, problems: Sequence[tuple[int | None, str]]) -> Failure:
    return Failure(text, error="invalid_config", params={
        "problems": [{"line": line, "message": sentence} for line, sentence in problems[:MAX_TOLD]]})


# ---- YAML to plain data, with the line of each path ----

def _compose(text: str) -> yaml.Node | None:
    try:
        _check_events(text)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as problem:
        _refuse([(text.count("\n", 0, problem.position) + 1, "a character that YAML does not allow")])
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        _refuse([(mark.line + 1, _syntax(problem, text.split("\n"), mark.line))])


def _check_events(text: str) -> None:
    """Refuse what could grow or nest without end, before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse([(line, "anchors and aliases (& and *) are not taken here; write the value out")])
        if depth > MAX_DEPTH:
            _refuse([(line, f"nested deeper than {MAX_DEPTH} levels")])
        if documents > 1:
            _refuse([(line, "a second document begins here (---); the file holds one")])


def _syntax(problem: yaml.MarkedYAMLError, lines: list[str], number: int) -> str:
    line = lines[number] if number < len(lines) else ""
    if "\t" in line[:len(line) - len(line.lstrip())]:
        return "a tab indents this line; YAML wants spaces"
    context = f" {problem.context}" if problem.context else ""
    return f"not valid YAML: {problem.problem}{context}"


def _plain(node: yaml.Node, path: Path, places: dict[Path, int], problems: Problems) -> Any:
    places.setdefault(path, _line(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), places, problems) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" and node.style is None else node.value
    result: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.append((_line(key), "a key must be one word"))
        elif key.value in result:
            first = places[(*path, key.value)]
            problems.append((_line(key), f"key `{key.value}` stands twice, first in line {first}"))
        else:
            places[(*path, key.value)] = _line(key)
            result[key.value] = _plain(value, (*path, key.value), places, problems)
    return result


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value


# ---- plain data to models ----

def _validate(given: dict, data: dict, places: dict[Path, int], problems: Problems) -> RepoConfig:
    try:
        return RepoConfig.model_validate(given)
    except ValidationError as found:
        groups: dict[Path, list[dict]] = {}
        for item in found.errors(include_url=False):
            if not _is_other_branch(item, data):
                groups.setdefault(_written(item["loc"], data), []).append(item)
        problems += [(_nearest_line(path, places), _sentence(path, items)) for path, items in groups.items()]
        return RepoConfig()


def _is_other_branch(item: dict, data: dict) -> bool:
    """`deploy` is a mapping or the word none: complaints about the form that was not written say nothing."""
    location = item["loc"]
    if location[0] != "deploy" or len(location) < 2 or location[1] == "DeployConfig":
        return False
    return isinstance(data["deploy"], dict)


def _written(location: Path, data: Any) -> Path:
    """`location` without the names that pydantic adds for the members of a union and for keys of a mapping.

    What is missing in the file stays as the last part.
    """
    path: list[str | int] = []
    for part in location:
        if (isinstance(part, int) and isinstance(data, list)) or (isinstance(data, dict) and part in data):
            data = data[part]
            path.append(part)
        elif part == location[-1] and isinstance(data, dict) and part not in ("[key]", "DeployConfig"):
            path.append(part)
    return tuple(path)


def _nearest_line(path: Path, places: dict[Path, int]) -> int:
    while path not in places:
        path = path[:-1]
    return places[path]


def _sentence(path: Path, items: list[dict]) -> str:
    item, name, where = items[0], path[-1] if path else "", _where(path[:-1])
    if item["type"] == "extra_forbidden":
        return f"unknown key `{name}` in {where}{_hint(str(name), _keys(path[:-1]))}"
    if item["type"] == "missing":
        return f"`{name}` is missing in {where}"
    if path == ("deploy",):
        return f"`deploy` must be a mapping of keys to values, or the word none, not {_shown(item['input'])}"
    if item["loc"][-1] == "[key]":
        return f"`{name}` in {where} is no name: letters, digits and _ alone, not a digit first"
    if item["input"] is None:
        return f"{_where(path)} has no value; leave the key out, or write \"\" for an empty text"
    if any(other["type"] == "literal_error" for other in items):
        allowed = re.findall(r"'([^']*)'", " ".join(other["ctx"]["expected"] for other in items))
        return f"{_where(path)} is {_shown(item['input'])}, which is none of {', '.join(allowed)}" \
               + _hint(str(item["input"]), allowed)
    wanted = _WANTED.get(item["type"]) or item["msg"].removeprefix("Value error, ")
    wanted = wanted.replace("Input should be", "must be").replace("Input should", "must")
    return f"{_where(path)} is {_shown(item['input'])}: {'it ' if wanted.startswith('must') else ''}{wanted}"


def _where(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the file"


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f"`{value if len(str(value)) <= 60 else str(value)[:60] + '…'}`"


def _hint(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}" if known else ""


def _keys(path: Path) -> list[str]:
    """The keys that the models know at `path`."""
    model: Any = RepoConfig
    for part in path:
        if isinstance(part, str):
            model = _models_in(model.model_fields[part].annotation)
    return list(model.model_fields)


def _models_in(annotation: Any) -> type[BaseModel]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(found for found in map(_models_in, getattr(annotation, "__args__", ())) if found)


# ---- what the types alone do not say ----

def _unsafe(data: dict) -> Iterator[tuple[Path, str]]:
    """Values that have the right type and still reach outside the repository or the container, or reach nothing."""
    build, deploy, on = data.get("build"), data.get("deploy"), data.get("on")
    if isinstance(build, dict):
        for key in ("dockerfile", "context"):
            if isinstance(build.get(key), str) and _leaves(build[key]):
                yield ("build", key), f"build.{key} is `{build[key]}`: it must stay inside the repository"
        for name in build["args"] if isinstance(build.get("args"), dict) else ():
            if name.startswith("BUILDKIT_"):
                yield ("build", "args", name), f"build.args.{name}: names that begin with BUILDKIT_ are reserved"
    if isinstance(on, dict):
        yield from _hopeless(on)
    if isinstance(deploy, dict) and isinstance(deploy.get("volumes"), list):
        for index, path in enumerate(deploy["volumes"]):
            if isinstance(path, str) and not _is_volume(path):
                yield ("deploy", "volumes", index), (f"deploy.volumes[{index}] is `{path}`: it must be an absolute "
                                                     "path in the container, such as /data")


def _hopeless(on: dict) -> Iterator[tuple[Path, str]]:
    """Globs that nothing can match: a push would start no run, and nobody would know why."""
    for key, why_never in (("paths", globs.never_a_path), ("push", globs.never_a_name), ("tag", globs.never_a_name)):
        given = [glob for glob in on.get(key) or () if isinstance(glob, str)] if isinstance(on.get(key), list) else []
        for index, glob in enumerate(given):
            if why := why_never(glob):
                yield ("on", key, index), f"on.{key}[{index}] is `{glob}`, which can never match: {why}"
        if globs.only_takes_back(given):
            yield ("on", key), f'on.{key} only takes back, so it can never match: begin it with "**"'


def _leaves(path: str) -> bool:
    return posixpath.isabs(path) or posixpath.normpath(path).split("/")[0] == ".." or "\0" in path


def _is_volume(path: str) -> bool:
    return posixpath.isabs(path) and posixpath.normpath(path) not in ("/", "//") and not set(path) & set(":\0,") \
        and ".." not in path.split("/")
