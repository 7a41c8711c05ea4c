"""The API of proto/, and a client of it, as the tests of faults have them."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "faults"))
# pylint: disable=wrong-import-position,unused-import
from harness.api import Client, deliveries, events, webhooks  # noqa: E402,F401
