"""How the shipped programs are built: what makes a bug in memory hard to use."""

import os
import pathlib
import re
import subprocess
import unittest

PROGRAMS = ("windrow-server", "windrow-worker", "windrow")


def readelf(program: str, *flags: str) -> str:
    path = pathlib.Path(os.environ["WINDROW_RELEASE_BIN"]) / program
    return subprocess.run(["readelf", "-W", *flags, path], capture_output=True, text=True,
                          check=True).stdout


class ReleaseTest(unittest.TestCase):
    def each(self):
        for program in PROGRAMS:
            with self.subTest(program=program):
                yield program

    def test_code_is_loaded_at_a_random_address(self):
        for program in self.each():
            self.assertRegex(readelf(program, "-h"), r"Type:\s+DYN")
            self.assertRegex(readelf(program, "-d"), r"FLAGS_1.*\bPIE\b")

    def test_no_memory_is_writable_and_executable(self):
        for program in self.each():
            segments = readelf(program, "-l")
            self.assertRegex(segments, r"GNU_STACK\s.*\sRW\s")
            self.assertNotRegex(segments, r"(?m)^\s+LOAD\s.*\sRWE\s")

    def test_tables_of_addresses_are_read_only_once_loaded(self):
        for program in self.each():
            self.assertIn("GNU_RELRO", readelf(program, "-l"))
            self.assertRegex(readelf(program, "-d"), r"FLAGS.*BIND_NOW|FLAGS_1.*\bNOW\b")

    def test_stack_overflows_are_noticed(self):
        for program in self.each():
            self.assertIn("__stack_chk_fail", readelf(program, "--dyn-syms"))

    def test_the_c_library_checks_sizes(self):
        for program in self.each():
            self.assertTrue(re.search(r"__\w+_chk\b(?<!__stack_chk_fail)",
                                      readelf(program, "--dyn-syms")))

    def test_jumps_go_where_jumps_may_go(self):
        if os.uname().machine != "x86_64":
            self.skipTest("CET is of x86")
        for program in self.each():
            # Linked from objects that all have it, else the linker takes the note away; an
            # object of Debian's without it is outside of what we build.
            self.assertIn("endbr64", self.disassembled(program))

    def disassembled(self, program: str) -> str:
        path = pathlib.Path(os.environ["WINDROW_RELEASE_BIN"]) / program
        return subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--disassemble=main",
                               path], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    unittest.main()
