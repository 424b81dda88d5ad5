"""The sentences about settings that make no sense."""

import re

from k8s_lsp.configuration.schema import (
    KIND_PATTERN,
    LABEL_PATTERN,
    LEVELS,
    NAMESPACE_PATTERN,
    Schema,
)
from k8s_lsp.configuration.words import did_you_mean, listed
from k8s_lsp.kubernetes.images import image_of
from k8s_lsp.kubernetes.places import pattern_of
from k8s_lsp.regexes import regex
from k8s_lsp.syntax import nodes

_KIND = regex(KIND_PATTERN)


def expected(schema: Schema) -> str:
    """What may stand at a place, after the word "expected"."""
    if schema.kind == "word":
        return listed(schema.words) if _is_short(schema) else f"a {schema.word_noun}"
    if schema.kind == "mapping":
        if not schema.shorthand:
            return "a mapping"
        return f"{expected(schema.keys[schema.shorthand])}, or a mapping"
    return {
        "list": "a list",
        "version": "a version such as 1.34, or latest",
        "quantity": "a Kubernetes quantity",
        "boolean": "true or false",
        "integer": "a whole number",
        "string": "a string",
        "pattern": "a pattern",
        "folder": "an absolute path",
        "image": "the name of an image",
        "kind": "a group and a kind",
        "place": "a path",
        "namespace": "the name of a namespace",
        "label": "a label",
    }[schema.kind]


def found(node: nodes.Scalar | nodes.Mapping | nodes.Sequence) -> str:
    """What stands at a place instead, after the word "found"."""
    if isinstance(node, nodes.Scalar):
        return f'"{node.value}"'
    return "a mapping" if isinstance(node, nodes.Mapping) else "a list"


def unknown_key(name: str, schema: Schema) -> str:
    """That a mapping has no such key, and which key may be meant."""
    near = did_you_mean(name, schema.keys)
    if not near:
        is_rule = schema.key_noun == "rule"
        near = "; see k8s-lsp rules" if is_rule else f": {listed(tuple(schema.keys))}"
    return f'there is no {schema.key_noun} "{name}"{near}'


def unknown_word(text: str, schema: Schema) -> str:
    """That a word is none of those that may stand there, and which word may be meant."""
    near = did_you_mean(text, schema.words)
    if _is_short(schema):
        return f'"{text}" is not one of {listed(schema.words)}{near}'
    if schema.word_noun != "rule":
        return f'there is no {schema.word_noun} "{text}"{near}'
    if text == "*":
        return '"*" is not a rule; to leave files out altogether, use exclude'
    return f'there is no rule "{text}"{near or "; see k8s-lsp rules"}'


def text_mistake(text: str, schema: Schema) -> str | None:
    """What is wrong with a text of a kind that has a form; None where nothing is."""
    if schema.kind == "folder" and not text.startswith("/"):
        return f'"{text}" is no absolute path: the folders of an image begin with a slash'
    if schema.kind == "image":
        image = image_of(text.replace("*", "x"))
        if image is None:
            return f'"{text}" is not the name of an image, such as registry.example.com/team/*'
        if image.tag is not None or image.digest is not None:
            return f'"{text}" has a tag or a digest: what is said holds for all versions'
    if schema.kind == "kind" and not _KIND.fullmatch(text):
        if text.count("/") == 2:
            return f'"{text}" has a version: what is said holds for all versions'
        return f'"{text}" is not a group and a kind, such as example.com/Widget'
    if schema.kind == "place" and pattern_of(text) is None:
        if re.search(r"\[[\d*]+\]", text):
            return f'"{text}" names an item; [] is every item of a list'
        return f'"{text}" is not a path such as spec.template or spec.sidecars[]'
    if schema.kind == "namespace" and not re.fullmatch(NAMESPACE_PATTERN, text):
        return f'"{text}" cannot be the name of a namespace'
    if schema.kind == "label" and not re.fullmatch(LABEL_PATTERN, text):
        return f'"{text}" is no label, such as example.com/exempt or example.com/exempt=true'
    return None


def _is_short(schema: Schema) -> bool:
    """Whether the words are few enough to be listed."""
    return len(schema.words) <= len(LEVELS)
