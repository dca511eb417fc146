"""Inserting many rows that are given as columns: hundreds of rows to a statement, values that all share inside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotator.store.sqlite import Connection

_MOST_VARIABLES = 4096  # SQLite takes 32,766; a larger statement is no faster

Columns = Mapping[str, Sequence[Any]]
Shared = Mapping[str, str | int | bytes]


def insert_columns(connection: Connection, table: str, columns: Columns, shared: Shared, conflict: str = "") -> int:
    """Insert one row for each position of the columns and return how many were inserted.

    BLOBs are best given as bytearrays: for bytes the driver looks for an adapter, object by object.

    Args:
        connection: inside a transaction.
        table: to insert into.
        columns: by name, of equal length; at least one.
        shared: by name, the value that every row has.
        conflict: what follows the rows, such as "ON CONFLICT DO NOTHING".
    """
    names, values, width = ", ".join((*columns, *shared)), tuple(columns.values()), len(columns)
    row = f"({','.join((*('?' * width), *map(literal, shared.values())))})"
    count, most = len(values[0]), max(_MOST_VARIABLES // width, 1)
    inserted = 0
    for start in range(0, count, most):
        size = min(most, count - start)
        variables: list[Any] = [None] * (size * width)
        for position, column in enumerate(values):
            variables[position::width] = column[start : start + size]
        sql = f"INSERT INTO {table} ({names}) VALUES {','.join([row] * size)} {conflict}"
        inserted += connection.execute(sql, variables).rowcount
    return inserted


def shared_values(columns: Columns) -> dict[str, str | int]:
    """Return the names and values of those columns whose rows are all equal and can stand in a statement."""
    return {
        name: column[0]
        for name, column in columns.items()
        if column.count(column[0]) == len(column) and isinstance(column[0], str | int) and "\0" not in str(column[0])
    }


def literal(value: str | int | bytes) -> str:
    """Return a value as SQL text."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
