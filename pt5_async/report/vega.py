"""Parts of a Vega specification in a line each (vega.github.io/vega/docs)."""

from collections.abc import Sequence
from typing import Any, Final

Part = dict[str, Any]
"""A part of a specification, or all of it."""

SCHEMA: Final = "https://vega.github.io/schema/vega/v6.json"

FONT: Final = "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"


def data(name: str, source: str | Sequence[Part], *transform: Part) -> Part:
    """A table of values, or one that is made of another."""
    if isinstance(source, str):
        return {"name": name, "source": source, "transform": list(transform)}
    return {"name": name, "values": list(source), "transform": list(transform)}


def formula(name: str, expression: str) -> Part:
    """A column that is worked out for each row."""
    return {"type": "formula", "as": name, "expr": expression}


def kept(expression: str) -> Part:
    """The rows for which it is true."""
    return {"type": "filter", "expr": expression}


def grouped(*by: str, least: str | None = None) -> Part:
    """A row for each group, with the smallest of a column."""
    made: Part = {"type": "aggregate", "groupby": list(by)}
    if least is not None:
        made |= {"fields": [least], "ops": ["min"], "as": [least]}
    return made


def ranked(name: str, **order: str) -> Part:
    """The place of each row in the order of its columns, from 1."""
    sort = {"field": list(order), "order": list(order.values())}
    return {
        "type": "window",
        "sort": sort,
        "ops": ["row_number"],
        "as": [name],
    }


def found(source: str, key: str, value: str) -> Part:
    """A column of another table, by a key that both have."""
    return {
        "type": "lookup",
        "from": source,
        "key": key,
        "fields": [key],
        "values": [value],
    }


def mark(kind: str, source: str, **update: Part) -> Part:
    """A mark for each row of a table."""
    return {
        "type": kind,
        "from": {"data": source},
        "encode": {"update": update},
    }


def field(name: str, scale: str | None = None, **more: object) -> Part:
    """A column's value, as it is or on a scale."""
    scaled = {} if scale is None else {"scale": scale}
    return {**scaled, "field": name, **more}


def signal(expression: str) -> Part:
    """What is worked out for each row."""
    return {"signal": expression}


def value(one: object) -> Part:
    """The same for all."""
    return {"value": one}
