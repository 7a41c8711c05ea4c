"""Tables in pages: what a run found, where the page wants it."""


def markdown(rows: list[tuple]) -> str:
    """The first row is the head."""
    lines = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
             for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def put(text: str, mark: str, rows: list[tuple], note: str = "") -> str:
    """`text` with the table, and a paragraph under it, between its lines `<!-- mark -->` and
    `<!-- /mark -->`."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"the page has no place for '{mark}': {begin.strip()} … {end}")
    under = f"{note}\n\n" if note else ""
    return f"{before}{begin}\n{markdown(rows)}\n\n{under}{end}{after}"
