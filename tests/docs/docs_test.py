"""What makes a page fail, and what does not: the runner against a `windrow` that is a few
lines of shell."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import match
import page as pages

HERE = pathlib.Path(__file__).resolve().parent

FAKE = r'''#!/bin/bash
case "$1 $2" in
  dev*)
    while [[ $# -gt 0 ]]; do
      case $1 in --ready-file) ready=$2 ;; esac
      shift
    done
    echo "verified /x $(cat /proc/sys/kernel/random/uuid)"
    printf '{"server":"127.0.0.1:1"}\n' >"$ready"
    while [[ ! -e "${ready%/*}/../never" ]]; do sleep 0.1; echo "verified /y 1"; done
    ;;
  "make "*) cat /proc/sys/kernel/random/uuid | tee "$2" ;;
  "item get") [[ $(cat thing) == "$3" ]] && echo "it is $3, at $(date -u +%FT%T.%6NZ)" ;;
  "item list") n=$(($(cat n 2>/dev/null || echo 0) + 1)); echo "$n" | tee n ;;
  "echo "*) echo "$2" ;;
esac
'''

A = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'
B = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'


def console(*lines):
    return '\n'.join(['```console', *lines, '```', ''])


class RunTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        program = pathlib.Path(self.folder.name, 'windrow')
        program.write_text(FAKE, encoding='utf-8')
        program.chmod(0o755)

    def run_page(self, text, *flags):
        self.page = pathlib.Path(self.folder.name, 'page.md')
        self.page.write_text(text, encoding='utf-8')
        done = subprocess.run(
            [sys.executable, HERE / 'run.py', '--bin', self.folder.name, '--patience', '1',
             *flags, self.page], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_a_right_page_passes_with_other_ids_and_times(self):
        code, out = self.run_page(console(
            '$ windrow make thing', A,
            f'$ windrow item get {A}', f'it is {A}, at 2026-01-01T00:00:00.5Z'))
        self.assertEqual(code, 0, out)

    def test_a_wrong_output_fails_and_shows_the_difference(self):
        code, out = self.run_page(console('$ windrow echo right', 'wrong'))
        self.assertEqual(code, 1)
        self.assertIn('-wrong\n+right', out)
        self.assertIn('page.md:2: `windrow echo right`', out)

    def test_another_id_than_before_is_wrong(self):
        code, out = self.run_page(console('$ windrow make thing', A, '$ cat thing', B))
        self.assertEqual(code, 1, out)

    def test_a_missing_or_surplus_line_fails(self):
        self.assertEqual(self.run_page(console(r'$ printf "a\nb\n"', 'a'))[0], 1)
        self.assertEqual(self.run_page(console('$ echo a', 'a', 'b'))[0], 1)

    def test_a_failing_command_fails_unless_its_status_is_shown(self):
        self.assertEqual(self.run_page(console('$ false'))[0], 1)
        code, out = self.run_page(console('$ (exit 6)', '$ echo $?', '6'))
        self.assertEqual(code, 0, out)

    def test_reading_is_tried_again_and_doing_is_not(self):
        code, out = self.run_page(console('$ windrow item list', '3'))
        self.assertEqual(code, 0, out)
        self.assertEqual(self.run_page(console('$ windrow make n; windrow item list', '1'))[0], 1)

    def test_files_variables_and_heredocs_are_there_for_what_follows(self):
        code, out = self.run_page('```yaml some.yaml\na: 1\n```\n' + console(
            "$ x=$(cat some.yaml); alias say='echo said'",
            '$ say "$x" \\',
            '    more',
            'said a: 1 more',
            "$ cat > f <<'END'",
            'one',
            'END',
            '$ cat f',
            'one'))
        self.assertEqual(code, 0, out)

    def test_what_windrow_dev_prints_is_compared(self):
        def page(line):
            return console('$ windrow dev') + f'```text windrow-dev\n{line}\n```\n'
        code, out = self.run_page(page('verified /y 1'))
        self.assertEqual(code, 0, out)
        self.assertEqual(self.run_page(page('verified /z 1'))[0], 1)

    def test_update_writes_what_was_printed_and_keeps_the_ids_of_the_page(self):
        code, out = self.run_page(console(
            '$ windrow make thing', A, f'$ windrow item get {A}', f'wrong {A}'), '--update')
        self.assertEqual(code, 0, out)
        new = self.page.read_text(encoding='utf-8')
        self.assertIn(f'it is {A}, at ', new)
        self.assertNotIn('wrong', new)
        self.assertEqual(self.run_page(new)[0], 0)

    def test_a_page_that_cannot_be_read_is_no_success(self):
        self.assertEqual(self.run_page('```console\n$ echo a\n')[0], 2)
        self.assertEqual(self.run_page(console("$ echo 'a"))[0], 2)
        self.assertEqual(self.run_page(console('no command'))[0], 2)

    def test_nothing_is_left_running(self):
        code, out = self.run_page(
            console('$ sleep 987 & echo $! > "$WINDROW_ROOT/pid"'), '--root', self.folder.name)
        self.assertEqual(code, 0, out)
        pid = int(pathlib.Path(self.folder.name, 'pid').read_text(encoding='utf-8'))
        self.assertFalse(_runs(pid, b'987'))


def _runs(pid, argument):
    try:
        return argument in pathlib.Path(f'/proc/{pid}/cmdline').read_bytes()
    except FileNotFoundError:
        return False


class MatchTest(unittest.TestCase):
    def test_columns_times_and_signatures_are_loose(self):
        self.assertEqual(match.plain('A   B  2026-11-25T10:00:00.123Z 12.5ms v1,' + 'A' * 43 + '='),
                         'A B <time> <took> <signature>')

    def test_numbers_are_not(self):
        self.assertNotEqual(match.plain('1.10'), match.plain('1.1'))
        self.assertNotEqual(match.plain('batching.wait: 5s'), match.plain('batching.wait: 6s'))

    def test_ids_of_the_page_stay_apart(self):
        bindings = match.Bindings()
        self.assertTrue(match.same([A], [B], bindings))
        self.assertFalse(match.same([B], [B], bindings))
        self.assertEqual(bindings.to_run(f'get {A}'), f'get {B}')

    def test_numbers_of_events_are_paired_up(self):
        bindings = match.Bindings()
        self.assertTrue(match.same(['PUBLISHED', '1  0  1  0  0  3  4'],
                                   ['PUBLISHED', '1  0  1  0  0  5  6'], bindings))
        self.assertEqual(bindings.to_run('windrow event explain 3 x --limit 3'),
                         'windrow event explain 5 x --limit 3')
        self.assertTrue(match.same(['{"escmsg_id":4}'], ['{"escmsg_id":6}'], bindings))
        self.assertFalse(match.same(['{"escmsg_id":3}'], ['{"escmsg_id":6}'], bindings))
        self.assertFalse(match.same(['2  0  2  0  0  7  8'], ['1  0  1  0  0  7  8'], bindings))

    def test_lines_of_a_page_may_be_among_others(self):
        self.assertEqual(match.contains(['b', 'd'], ['a', 'b', 'c', 'd', 'e'],
                                        match.Bindings()), 4)
        self.assertIsNone(match.contains(['d', 'b'], ['a', 'b', 'c', 'd'], match.Bindings()))


class PageTest(unittest.TestCase):
    def test_blocks_without_a_name_are_for_readers(self):
        self.assertEqual(pages.parse('```yaml\na: 1\n```\n```sh\nfalse\n```\n'), [])

    def test_outputs_are_rewritten_in_their_place(self):
        text = 'a\n' + console('$ x', 'old', '$ y', 'kept')
        command = pages.parse(text)[0].commands[0]
        new = pages.rewrite(text, [(command.output_at, 1, ['new', 'lines'])])
        self.assertEqual(new, 'a\n' + console('$ x', 'new', 'lines', '$ y', 'kept'))


if __name__ == '__main__':
    unittest.main()
