"""A YAML text as plain data, with the line on which everything stands.

PyYAML alone would let a repeated key silently win, turn `on:` into True and say nothing of lines; this reads its node
tree instead. Merge keys (`<<`) and tags (`!!python/...`) are refused; anchors and aliases are read.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from sterling.recipes.problems import Path, Problem

_PLAIN: Mapping[type[yaml.Node], str] = {
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
}
_MOST_PLACES = 100_000
"""A recipe has hundreds. Aliases of aliases can stand for more than any memory holds."""


class Document(NamedTuple):
    """What a YAML text says, and where."""

    data: Any
    lines: Mapping[Path, int]
    """First line, from 1, of every key and list entry by its path; `()` is the document."""
    problems: list[Problem]
    """Repeated keys, keys that are no text, values that YAML cannot read."""


class SyntaxProblem(NamedTuple):
    """Why a text is not YAML at all."""

    line: int | None
    what: str
    mend: str | None


def read_yaml(text: str) -> Document | SyntaxProblem:
    """Read one YAML document. An empty one has the data None."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        reader = _Reader()
        return Document(reader.value(node, (), ()) if node else None, reader.lines, reader.problems)
    except yaml.MarkedYAMLError as error:
        return _syntax(error)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return SyntaxProblem(line, f"character {chr(error.character)!a} is not allowed in YAML", "remove it")
    except RecursionError:
        return SyntaxProblem(None, "this is nested too deeply to be read, or contains itself", None)


class _Reader:
    """Walks a node tree once."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path, outer: tuple[int, ...]) -> Any:
        """The plain data of a node. Its line is set before, by its key, when it has one."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in outer or len(self.lines) > _MOST_PLACES:
            raise RecursionError
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag != _PLAIN[type(node)]:
            self._wrong(path, f"the tag `{node.tag}` is not read here", "remove the tag")
            return None
        inner = (*outer, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, inner)
        return [self.value(child, (*path, i), inner) for i, child in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: Path, inner: tuple[int, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in result:
                first = self.lines[*path, key]
                self.lines[*path, key, "again"] = line
                self._wrong((*path, key, "again"), f"`{key}` is here a second time, first on line {first}", "keep one")
                continue
            self.lines[*path, key] = line
            result[key] = self.value(child, (*path, key), inner)
        return result

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        if node.tag == "tag:yaml.org,2002:merge":
            self._wrong_at(node, path, "merge keys (`<<`) are not read here", "write the keys out")
            return None
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        said = node.value if isinstance(node, yaml.ScalarNode) else "a list or mapping"
        self._wrong_at(node, path, f"a key must be text, and YAML reads `{said}` as something else", "put it in quotes")
        return None

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        try:
            value = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            kind = node.tag.rpartition(":")[2]
            mend = "remove the tag" if kind.startswith("!") else "put it in quotes"
            self._wrong(path, f"`{node.value}` cannot be read as {kind}", mend)
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._wrong(path, f"`{node.value}` is no finite number", None)
            return None
        if isinstance(value, str) and not _is_unicode(value):
            self._wrong(path, "the text holds half a character (a lone surrogate)", "remove the escape")
            return None
        return value

    def _wrong(self, path: Path, what: str, mend: str | None) -> None:
        self.problems.append(Problem(path, what, mend))

    def _wrong_at(self, node: yaml.Node, path: Path, what: str, mend: str) -> None:
        place = (*path, f"line {node.start_mark.line + 1}")
        self.lines[place] = node.start_mark.line + 1
        self._wrong(place, what, mend)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _syntax(error: yaml.MarkedYAMLError) -> SyntaxProblem:
    mark = error.problem_mark or error.context_mark
    what = error.problem or error.context or "this is no YAML"
    mend = None
    if "\\t" in what:
        mend = "indent with spaces, not tabs"
    elif "mapping values are not allowed" in what:
        mend = "put a value that holds `: ` in quotes, and check the indentation"
    elif "single document" in (error.context or "") + what:
        what, mend = "there is a second document in this file", "remove what follows `---`"
    return SyntaxProblem(None if mark is None else mark.line + 1, f"not readable as YAML: {what}", mend)
