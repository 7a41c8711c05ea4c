"""Runs the commands of documentation pages against a real Windrow, and compares what they
print with what the page says (tests/docs/page.py, match.py).

    run.py --bin FOLDER [--update] [--jobs N] PAGE…

`windrow dev` in a page starts one of the page's own; without it each page has a fresh one
from the start. 127.0.0.1:7470-7499 become free ports. Commands that read are tried again
until they print what they must, as a person would who waits for a delivery.

--update writes the outputs of this run into the pages, where they differ. Exit status: 0
all as written (or updated), 1 something differs, 2 a page cannot be read or run.
"""
import argparse
import concurrent.futures
import difflib
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

import match
import page as pages
from shell import Shell
from windrow_dev import Ports, WindrowDev

RETRY_S = 0.1

READS = re.compile(r'^\s*(\w+=\S+ )*(windrow (\w+ )?(list|get|attempts|explain|stats)\b|cat )')
DEV = re.compile(r'^windrow dev( |$)')


class Run:
    """One page."""

    def __init__(self, path, arguments):
        self.path = path
        self.text = path.read_text(encoding='utf-8')
        self.arguments = arguments
        self.ports = Ports()
        self.bindings = match.Bindings()
        self.dev = None
        self.shell = None
        self.differences = []
        self.changes = []

    def __call__(self):
        self.folder = tempfile.mkdtemp(prefix='windrow-docs-page-')
        try:
            self._run()
        finally:
            if self.shell:
                self.shell.close()
            if self.dev:
                self.dev.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.arguments.update and self.changes:
            self.path.write_text(pages.rewrite(self.text, self.changes), encoding='utf-8')
        return self

    def _run(self):
        blocks = pages.parse(self.text)
        commands = [c for b in blocks if isinstance(b, pages.Console) for c in b.commands]
        if commands and not any(DEV.match(command.text) for command in commands):
            self._start('windrow dev')
        for block in blocks:
            if isinstance(block, pages.File):
                target = os.path.join(self.folder, block.name)
                with open(target, 'w', encoding='utf-8') as file:
                    file.write(self._to_run(block.text))
            elif isinstance(block, pages.DevOutput):
                self._check_dev(block)
            else:
                for at, command in enumerate(block.commands):
                    following = block.commands[at + 1].text if at + 1 < len(block.commands) else ''
                    self._check(command, block.compared, following)

    def _start(self, command):
        if self.dev:
            raise pages.PageError(f'{self.path}: starts windrow dev twice')
        root = self.arguments.root
        # What pages say to install is there.
        path = f'{self.arguments.bin}:{root}/.deps/python/bin:{root}/tests/lint/node_modules/.bin'
        os.symlink(root / 'tests/e2e/node_modules', os.path.join(self.folder, 'node_modules'))
        environment = {**os.environ, 'LC_ALL': 'C.UTF-8', 'NO_COLOR': '1',
                       'PATH': f'{path}:{os.environ["PATH"]}', 'WINDROW_ROOT': str(root)}
        program = os.path.join(self.arguments.bin, 'windrow')
        self.dev = WindrowDev(program, self.ports, command, environment, self.folder)
        self.shell = Shell(self.folder, {**environment, 'WINDROW_SERVER': self.dev.server})

    def _to_run(self, text):
        return self.bindings.to_run(self.ports.to_run(text))

    def _lines(self, text):
        lines = self.ports.to_page(text).split('\n')
        return lines[:-1] if lines[-1] == '' else lines

    def _check(self, command, compared, following):
        if DEV.match(command.text):
            self._start(command.text)
            return
        status, actual, same = self._try(command, compared)
        if status != 0 and following != 'echo $?':
            self.differences.append(
                f'{self.path}:{command.line}: `{command.text}` exits {status}:\n' +
                '\n'.join(actual))
        elif compared and not same:
            self._differs(command.line, command.text, command.expected, actual,
                          command.output_at)

    def _try(self, command, compared):
        """Answers (exit status, what it printed, whether it is what it must)."""
        end = time.monotonic() + (self.arguments.patience if READS.match(command.text) else 0)
        while True:
            status, text = self.shell.run(self._to_run(command.text))
            actual = self._lines(text)
            same = not compared or match.same(command.expected, actual, self.bindings)
            if same or time.monotonic() > end:
                return status, actual, same
            time.sleep(RETRY_S)

    def _check_dev(self, block):
        end = time.monotonic() + self.arguments.patience
        while True:
            actual = [self.ports.to_page(line) for line in self.dev.lines()[self.dev.shown:] if line]
            taken = match.contains(block.expected, actual, self.bindings)
            if taken is not None:
                self.dev.shown += taken
                return
            if time.monotonic() > end:
                self._differs(block.line, 'windrow dev', block.expected, actual,
                              block.output_at)
                return
            time.sleep(RETRY_S)

    def _differs(self, line, what, expected, actual, at):
        wanted = [match.plain(text) for text in expected]
        got = [match.plain(self.bindings.to_page(text)) for text in actual]
        if wanted == got:  # only ids do: show them
            wanted, got = expected, [self.bindings.to_page(text) for text in actual]
        diff = difflib.unified_diff(wanted, got, 'the page', 'this run', lineterm='', n=2)
        self.differences.append(f'{self.path}:{line}: `{what}`:\n' + '\n'.join(diff))
        # What comes after it can only go on with the ids of now.
        self.bindings.guess(expected, actual)
        new = [self.bindings.to_page(text).rstrip() for text in actual]
        self.changes.append((at, len(expected), new))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--bin', required=True, type=lambda text: str(pathlib.Path(text).resolve()))
    parser.add_argument('--root', default=pathlib.Path(__file__).resolve().parents[2],
                        type=pathlib.Path, help='$WINDROW_ROOT for the pages')
    parser.add_argument('--update', action='store_true')
    parser.add_argument('--patience', type=float, default=20,
                        help='seconds that a reading command may take to print what it must')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('pages', nargs='+', type=pathlib.Path)
    arguments = parser.parse_args()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        waiting = {pool.submit(Run(path, arguments)): path for path in arguments.pages}
        for future in concurrent.futures.as_completed(waiting):
            path = waiting[future]
            try:
                run = future.result()
            except Exception as error:  # pylint: disable=broad-except
                print(f'{path}: {error}', flush=True)
                failed = 2
                continue
            for difference in run.differences:
                print(difference, flush=True)
            word = 'as written'
            if arguments.update and len(run.changes) == len(run.differences) > 0:
                word = 'updated'
            elif run.differences:
                word = 'DIFFERS'
                failed = failed or 1
            print(f'{path}: {word}', flush=True)
    return failed


if __name__ == '__main__':
    sys.exit(main())
