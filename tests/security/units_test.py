"""The systemd units: what they let the programs do."""

import pathlib
import re
import subprocess
import tempfile
import unittest

UNITS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "systemd"
NAMES = ("windrow-server.service", "windrow-worker.service")
MOST_EXPOSURE = 1.5  # of 10, as systemd counts; a unit without any setting has 9.6


def analyze(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)


class UnitTest(unittest.TestCase):
    def test_systemd_knows_every_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in NAMES:
                # The program is not installed here; everything else is looked at.
                unit = pathlib.Path(folder) / name
                unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true",
                                       (UNITS / name).read_text(encoding="utf-8")),
                                encoding="utf-8")
                with self.subTest(unit=name):
                    done = analyze("verify", "--man=no", unit)
                    self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_they_may_do_little(self):
        for name in NAMES:
            with self.subTest(unit=name):
                done = analyze("security", "--offline=true", UNITS / name)
                exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
                self.assertIsNotNone(exposure, done.stdout)
                self.assertLessEqual(float(exposure[1]), MOST_EXPOSURE, done.stdout)

    def test_a_unit_without_settings_is_found_out(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "bare.service"
            unit.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
            done = analyze("security", "--offline=true", unit)
            exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
            self.assertGreater(float(exposure[1]), MOST_EXPOSURE)


if __name__ == "__main__":
    unittest.main()
