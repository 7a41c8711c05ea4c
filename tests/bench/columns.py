"""A table for a terminal."""


def columns(rows: list, right: tuple[int, ...] = ()) -> str:
    """Rows of texts, the first being the head, each column as wide as its widest cell;
    `right`: the columns that are flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) if i in right else cell.ljust(width)
                  for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows)
