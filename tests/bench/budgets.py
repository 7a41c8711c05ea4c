"""Budgets of a run: what it was to keep to, and whether it did. One that is missed is no
reason for a run not to count: other work on the machine may have been."""


def at_most(most: float, got: float) -> dict:
    return {"most": most, "got": got, "kept": got <= most}


def text(budgets: dict[str, dict]) -> str:
    return "; ".join(
        f"{name} {each['got']:g}, at most {each['most']:g}: "
        + ("kept" if each["kept"] else "MISSED") for name, each in budgets.items())
