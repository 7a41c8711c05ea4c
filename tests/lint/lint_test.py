#!/usr/bin/env python3
"""The checks of this folder can fail: each rule is broken once, and is reported."""

import pathlib
import tempfile
import unittest

import layers
import sql


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def layers_say(self, name, include):
        self.write(name, f"// A comment.\n#include {include}\n")
        return layers.check(self.root)


class LayersTest(Tree):
    def test_downward_includes_are_clean(self):
        self.write("common/domain/a.h", '#include "common/json/b.h"\n#include <vector>\n')
        self.write("services/control_plane/c.cc", '#include "windrow/v1/event.pb.h"\n')
        self.write("common/store/postgres/d.cc", "#include <libpq-fe.h>\n")
        self.write("tests/unit/e.cc", "#include <libpq-fe.h>\n")
        self.assertEqual(layers.check(self.root), [])

    def test_an_upward_include_is_named_with_its_line(self):
        self.assertEqual(
            self.layers_say("common/base/a.cc", '"common/json/document.h"'),
            ["common/base/a.cc:2: common/base must not know common/json"
             " (common/json/document.h)"])

    def test_json_does_not_know_the_domain(self):
        self.assertEqual(len(self.layers_say("common/json/a.h", '"common/domain/b.h"')), 1)

    def test_store_and_http_do_not_know_each_other(self):
        self.assertEqual(len(self.layers_say("common/store/a.h", '"common/http/url.h"')), 1)

    def test_common_knows_no_program(self):
        self.assertEqual(len(self.layers_say("common/http/a.cc", '"workers/delivery/b.h"')), 1)

    def test_programs_do_not_know_each_other(self):
        self.assertEqual(len(self.layers_say("cli/a.cc", '"services/control_plane/b.h"')), 1)

    def test_workers_do_not_see_the_proto(self):
        self.assertEqual(len(self.layers_say("workers/delivery/a.cc", '"windrow/v1/event.pb.h"')), 1)
        self.assertEqual(len(self.layers_say("workers/delivery/a.cc", "<grpcpp/grpcpp.h>")), 1)

    def test_only_the_postgres_store_sees_libpq(self):
        self.assertEqual(len(self.layers_say("common/store/a.cc", "<libpq-fe.h>")), 1)
        self.assertEqual(len(self.layers_say("cli/a.cc", "<libpq-fe.h>")), 2)

    def test_quoted_includes_start_at_the_root(self):
        self.assertEqual(len(self.layers_say("common/base/a.cc", '"status.h"')), 1)


class SqlTest(Tree):
    def test_a_statement_that_says_what_it_does_is_clean(self):
        self.write("common/store/postgres/sql/a.sql", "-- sql/a.sql\n-- Takes due windows.\nSELECT 1\n")
        self.assertEqual(sql.check(self.root), [])

    def test_no_comment_is_reported(self):
        self.write("common/store/postgres/sql/a.sql", "SELECT 1\n")
        self.assertEqual(len(sql.check(self.root)), 1)

    def test_a_comment_that_is_only_the_file_name_is_reported(self):
        self.write("common/store/postgres/sql/a.sql", "-- sql/a.sql\nSELECT 1\n")
        self.assertEqual(len(sql.check(self.root)), 1)


if __name__ == "__main__":
    unittest.main()
