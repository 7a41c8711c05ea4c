"""A page of documentation as what can be run of it.

    ```console            commands after "$ ", each with the output it must have below it. A
                          block without any output is run and not compared.
    ```yaml tickets.yaml  a file that later commands find (any language, then its name)
    ```text windrow-dev   lines that `windrow dev` prints, in this order, perhaps among others

Every other block is for readers only.
"""
import re
import subprocess
from dataclasses import dataclass, field

FENCE = re.compile(r'^(\s*)(`{3,})\s*(\S*)\s*(\S*)\s*$')
DEV = 'windrow-dev'


@dataclass
class Command:
    text: str
    line: int  # of the page, from 1
    expected: list[str] = field(default_factory=list)
    output_at: int = 0  # index of the first line of output in the page


@dataclass
class Console:
    commands: list[Command]

    @property
    def compared(self):
        return any(command.expected for command in self.commands)


@dataclass
class File:
    name: str
    text: str


@dataclass
class DevOutput:
    expected: list[str]
    line: int
    output_at: int


class PageError(Exception):
    """A page that cannot be read: its place and why."""


def is_complete(text):
    """Whether bash would run this, or wait for more lines."""
    if text.endswith('\\'):
        return False
    check = subprocess.run(['bash', '-n'], input=text, capture_output=True, text=True, check=False)
    waits = 'unexpected end of file' in check.stderr or 'here-document' in check.stderr
    return not waits and 'looking for matching' not in check.stderr


def parse_console(lines, start):
    """`start`: the index in the page of the first of `lines`."""
    commands = []
    at = 0
    while at < len(lines):
        if not lines[at].startswith('$ '):
            if not commands:
                raise PageError(f'line {start + at + 1}: a console block begins with "$ "')
            commands[-1].expected.append(lines[at])
            at += 1
            continue
        first = at
        text = lines[at][2:]
        while not is_complete(text):
            at += 1
            if at == len(lines):
                raise PageError(f'line {start + first + 1}: the command does not end')
            text += '\n' + lines[at]
        at += 1
        commands.append(Command(text, start + first + 1, output_at=start + at))
    return Console(commands)


def parse(text):
    """The blocks that can be run, in order."""
    lines = text.split('\n')
    blocks = []
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        at += 1
        if not fence:
            continue
        start = at
        while at < len(lines) and lines[at].strip() != fence[2]:
            at += 1
        if at == len(lines):
            raise PageError(f'line {start}: the block does not end')
        body = lines[start:at]
        at += 1
        language, name = fence[3], fence[4]
        if language == 'console':
            blocks.append(parse_console(body, start))
        elif name == DEV:
            blocks.append(DevOutput(body, start, start))
        elif name:
            blocks.append(File(name, '\n'.join(body) + '\n'))
    return blocks


def rewrite(text, changes):
    """The page with other outputs: [(index of the first line, how many, new lines)]."""
    lines = text.split('\n')
    for at, count, new in sorted(changes, reverse=True):
        lines[at:at + count] = new
    return '\n'.join(lines)
