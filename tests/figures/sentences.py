"""Where code reads a sentence for people, of which there should be no place: it asks for the code beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from cli.instance import ROOT

from .lists import product

SENTENCES = re.compile(r"(\w+_)?(reason|detail|caveat|notice)")
READERS = {"startswith", "endswith", "removeprefix", "removesuffix", "find", "index", "count", "replace"}
IN_TEMPLATE = re.compile(r"\{[{%].*?[%}]\}", re.S)
WORD = r"(?:\w+\.)*(?:\w+_)?(?:reason|detail|caveat|notice)\b(?:\|\w+)?"
IN_TEXT = re.compile(rf"[\w'\")]\s+(?:not )?in {WORD}|{WORD} (?:not )?in [(\[]|{WORD} *[=!]=+ *['\"]|"
                     rf"{WORD}\.(?:{'|'.join(sorted(READERS | {'startsWith', 'endsWith', 'includes', 'match', 'indexOf'}))})\(")
FOR = re.compile(rf"\bfor \w+ in {WORD}")


def reading() -> list[str]:
    """`file:line` of each place."""
    return sorted(place for name in product() for place in _in_file(name))


def in_python(text: str) -> list[int]:
    """Lines."""
    return [node.lineno for node in ast.walk(ast.parse(text)) if _reads(node)]


def in_template(text: str) -> list[int]:
    return [text.count("\n", 0, found.start()) + 1 for found in IN_TEMPLATE.finditer(text)
            if IN_TEXT.search(FOR.sub("", found[0]))]


def in_script(text: str) -> list[int]:
    return [number for number, line in enumerate(text.split("\n"), 1) if IN_TEXT.search(FOR.sub("", line))]


BY_ENDING = {".py": in_python, ".html": in_template, ".js": in_script}


def _in_file(name: str) -> Iterator[str]:
    read = BY_ENDING.get(name[name.rfind("."):])
    for line in read((ROOT / name).read_text()) if read else ():
        yield f"{name}:{line}"


def _reads(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return any(_compares(left, operator, right) for left, operator, right in
                   zip([node.left, *node.comparators], node.ops, node.comparators, strict=False))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        by_pattern = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        return (node.func.attr in READERS and _is_sentence(node.func.value)
                or by_pattern and node.func.attr != "escape" and any(map(_is_sentence, node.args)))
    return False


def _compares(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool:
    if isinstance(operator, (ast.In, ast.NotIn)):
        return _is_sentence(right) or _is_sentence(left)
    return isinstance(operator, (ast.Eq, ast.NotEq)) and (_is_sentence(left) and _is_fixed(right)
                                                          or _is_sentence(right) and _is_fixed(left))


def _is_fixed(node: ast.expr) -> bool:
    """A text that stands in the source. Two sentences may be compared with each other: whether one is new."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != "" \
        or isinstance(node, ast.Name) and node.id.isupper()


def _is_sentence(node: ast.expr) -> bool:
    """A variable, an attribute or a key with the name of a sentence, or a part of it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return bool(SENTENCES.fullmatch(name))
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return bool(SENTENCES.fullmatch(name))
        case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="lower")):
            return _is_sentence(inner)
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return bool(SENTENCES.fullmatch(name))
        case ast.BoolOp(values=values):
            return any(map(_is_sentence, values))
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_sentence(inner)
    return False
