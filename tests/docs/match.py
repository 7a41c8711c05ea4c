"""Whether an output is what a page says, where ids, times and secrets differ each time.

A page shows those of the day it was written. Each id of the page stands for one id of the
run, the same everywhere: `Bindings` holds which.
"""
import re

# Never the same twice, and meant to be: a page's and a run's are paired up.
IDS = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|wh(?:sec|pk)_[A-Za-z0-9+/]+=*')
# The numbers of events (escmsg_id) grow, and may leave some out. Where they are printed:
NUMBERS = [
    re.compile(r'"escmsg_id":\s*(\d+)'),
    re.compile(r'^\d+\s+\d+\s+\d+\s+\d+\s+\d+\s+(\d+)\s+(\d+)$'),  # event publish
    re.compile(r'^(\d+)\s+\S+\.\S+\s.*Z$'),  # event list
    re.compile(r'^\s+(\d+) \S+ of \S+$'),  # delivery get
]
# … and where commands have them.
GIVEN_NUMBERS = re.compile(r'((?:event (?:explain|get)|--escmsg-id) )(\d+)')
# Never the same twice: any will do.
LOOSE = [
    (re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z'), '<time>'),
    (re.compile(r'\b\d\d:\d\d:\d\d\.\d{3}\b'), '<time>'),
    (re.compile(r'\b(\d+m)?\d+(\.\d+)?(ms|us|µs)\b'), '<took>'),
    (re.compile(r'\b\d+\.\d+s\b'), '<took>'),
    (re.compile(r'v1a?,[A-Za-z0-9+/]{40,}=*'), '<signature>'),
    (re.compile(r'\b1[789]\d{8}\b'), '<seconds>'),
    (re.compile(r' {2,}'), ' '),  # columns are as wide as what is in them
]


def marks(line):
    """What is paired up: [(start, end, kind, text)], in the line's order."""
    found = [(m.start(), m.end(), 'secret' if m[0].startswith('wh') else 'id', m[0])
             for m in IDS.finditer(line)]
    for pattern in NUMBERS:
        for m in pattern.finditer(line):
            found += [(*m.span(n), 'number', m[n]) for n in range(1, pattern.groups + 1)]
    return sorted(found)


def replaced(line, new_text):
    """The line with new_text(kind, text) for each mark."""
    for start, end, kind, text in reversed(marks(line)):
        line = line[:start] + new_text(kind, text) + line[end:]
    return line


def plain(line):
    line = replaced(line, lambda kind, _: f'<{kind}>')
    for pattern, name in LOOSE:
        line = pattern.sub(name, line)
    return line.rstrip()


class Bindings:
    """Ids of the page ↔ ids of the run; keys are (kind, text)."""

    def __init__(self):
        self.run_of = {}
        self.page_of = {}

    def pairs(self, expected, actual):
        """Of two lists of lines that are plainly the same; None where an id means two."""
        new = {}
        for wanted, got in zip(expected, actual):
            for page, run in zip(marks(wanted), marks(got)):
                page, run = page[2:], run[2:]
                if new.setdefault(page, self.run_of.get(page, run)) != run:
                    return None
                if self.page_of.get(run, page) != page:
                    return None
        if len(set(new.values())) != len(new):
            return None
        return new

    def add(self, new):
        for page, run in new.items():
            self.run_of[page] = run
            self.page_of[run] = page

    def guess(self, expected, actual):
        """Of two lists that differ: what is new in both, by its order."""
        for kind in ('id', 'secret', 'number'):
            page = [m[2:] for line in expected for m in marks(line)
                    if m[2] == kind and m[2:] not in self.run_of]
            run = [m[2:] for line in actual for m in marks(line)
                   if m[2] == kind and m[2:] not in self.page_of]
            page, run = list(dict.fromkeys(page)), list(dict.fromkeys(run))
            self.add(dict(zip(page, run)))
            self.add({one: one for one in run[len(page):]})

    def to_run(self, text):
        """A command, or a file that it reads."""
        def number(found):
            return found[1] + self.run_of.get(('number', found[2]), ('', found[2]))[1]
        return IDS.sub(self._id, GIVEN_NUMBERS.sub(number, text))

    def _id(self, found):
        kind = 'secret' if found[0].startswith('wh') else 'id'
        return self.run_of.get((kind, found[0]), ('', found[0]))[1]

    def to_page(self, line):
        return replaced(
            line, lambda kind, text: self.page_of.get((kind, text), ('', text))[1])


def same(expected, actual, bindings):
    """Whether it is; where it is, the ids are bound from then on."""
    if [plain(line) for line in expected] != [plain(line) for line in actual]:
        return False
    new = bindings.pairs(expected, actual)
    if new is None:
        return False
    bindings.add(new)
    return True


def contains(expected, actual, bindings):
    """Whether the lines are there in this order; answers how many of `actual` that took."""
    at = 0
    for line in expected:
        while at < len(actual) and not same([line], [actual[at]], bindings):
            at += 1
        if at == len(actual):
            return None
        at += 1
    return at
