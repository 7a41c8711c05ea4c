#!/usr/bin/env python3
"""Which stage a sample and a statement belong to, and that nothing is left out."""

import pathlib
import unittest

import profile_run
import stages
import statement_log

SCRIPT = """nexting_thread 14727    2004008 
\t    98a9a malloc (/usr/lib/x86_64-linux-gnu/libc.so.6)
\t   2e202e grpc_core::Slice::Ref (/usr/lib/x86_64-linux-gnu/libgrpc.so.29.0.0)
\t   150fa4 windrow::control_plane::PublishStream::TakeRead (/bin/windrow-server)

windrow server 14728    1000000 
\t  12ab [unknown] (/bin/windrow-server)
"""

LOG = """12 LOG:  PARSE MESSAGE STATISTICS
12 DETAIL:  ! system usage stats:
\t!\t0.000100 s user, 0.000050 s system, 0.000900 s elapsed
\t!\t[0.5 s user, 0.1 s system total]
12 STATEMENT:  BEGIN
12 LOG:  EXECUTE MESSAGE STATISTICS
12 DETAIL:  ! system usage stats:
\t!\t0.000010 s user, 0.000000 s system, 0.000010 s elapsed
12 STATEMENT:  BEGIN
13 LOG:  EXECUTE MESSAGE STATISTICS
13 DETAIL:  ! system usage stats:
\t!\t0.002000 s user, 0.001000 s system, 0.500000 s elapsed
13 STATEMENT:  -- Ends them.
\tDELETE FROM windows
\t  WHERE window_id = $1
12 LOG:  EXECUTE MESSAGE STATISTICS
12 DETAIL:  ! system usage stats:
\t!\t0.000200 s user, 0.000000 s system, 0.000200 s elapsed
12 STATEMENT:  -- Adds them.
\tINSERT INTO events
9 LOG:  checkpoint starting: time
12 LOG:  EXECUTE MESSAGE STATISTICS
12 DETAIL:  ! system usage stats:
\t!\t0.000300 s user, 0.000000 s system, 0.009000 s elapsed
12 STATEMENT:  COMMIT
14 LOG:  QUERY STATISTICS
14 DETAIL:  ! system usage stats:
\t!\t0.000001 s user, 0.000000 s system, 0.000001 s elapsed
14 STATEMENT:  SELECT 1
"""


class StageTest(unittest.TestCase):
    def test_what_a_library_does_falls_to_its_caller(self):
        self.assertEqual(stages.stage_of("worker", "claim", [
            "malloc (libc.so.6)", "[unknown] (libcrypto.so.3)",
            "windrow::delivery::Sign (windrow-worker)",
            "windrow::delivery::Preparation::Hold (windrow-worker)"]), "sign")

    def test_what_the_database_s_client_does_falls_to_the_loop_that_asked(self):
        leaf = ["PQgetvalue (libpq.so.5.15)",
                "windrow::store::postgres::Connection::Run (windrow-worker)"]
        for loop, stage in [("ClaimLoop::ClaimSome", "claim"),
                            ("RecordLoop::RecordAll", "record"),
                            ("UpkeepLoop::RunOnce", "maintenance")]:
            frames = [*leaf, f"windrow::delivery::{loop} (windrow-worker)"]
            self.assertEqual(stages.stage_of("worker", "windrow-worker", frames), stage)

    def test_grpc_that_an_event_s_handling_calls_is_still_grpc(self):
        self.assertEqual(stages.stage_of("server", "nexting_thread", [
            "grpc_call_start_batch (libgrpc.so.29.0.0)",
            "windrow::control_plane::PublishStream::TakeRead (windrow-server)"]),
            "receive: gRPC")

    def test_the_kernel_s_part_of_the_network_is_told_apart(self):
        kernel = "tcp_sendmsg ([kernel.kallsyms])"
        self.assertEqual(stages.stage_of("worker", "windrow-worker", [
            kernel, "[unknown] (libcurl.so.4.8.0)"]), "send: kernel")
        self.assertEqual(stages.stage_of("server", "nexting_thread", [
            kernel, "[unknown] (libgrpc.so.29.0.0)"]), "receive: kernel")
        self.assertEqual(stages.stage_of("worker", "record", [kernel]), "record")

    def test_what_nothing_tells_is_not_attributed(self):
        self.assertEqual(stages.stage_of("server", "windrow-server", ["main (x)"]),
                         "not attributed")

    def test_every_stage_that_a_rule_names_is_one(self):
        named = {stage for rules in stages._RULES.values() for _, stage in rules}
        named |= {stage for names in stages._THREADS.values() for stage in names.values()}
        named |= set(stages._IN_KERNEL.values()) | set(statement_log.STATEMENTS)
        self.assertEqual(named - set(stages.STAGES), set())

    def test_samples_are_read_and_weighed(self):
        self.assertEqual(stages.samples(SCRIPT), [
            ("nexting_thread", 2004008,
             ["malloc (libc.so.6)", "grpc_core::Slice::Ref (libgrpc.so.29.0.0)",
              "windrow::control_plane::PublishStream::TakeRead (windrow-server)"]),
            ("windrow server", 1000000, ["[unknown] (windrow-server)"])])

    def test_a_thread_s_cpu_is_divided_as_its_samples_are(self):
        script = SCRIPT + "\n" + SCRIPT.replace("grpc_core::Slice::Ref (/usr/lib/x86_64-"
                                                "linux-gnu/libgrpc.so.29.0.0)", "x (/y)")
        self.assertEqual(
            stages.divide("server", script,
                          {"nexting_thread": 8.0, "windrow server": 2.0, "asleep": 0.5}),
            {"receive: gRPC": 4.0, "parse": 4.0, "not attributed": 2.5})


class Named:
    @staticmethod
    def of(sql):
        return {"-- Ends them.\n\tDELETE FROM windows\n\t  WHERE window_id = $1":
                "finish_windows", "-- Adds them.\n\tINSERT INTO events": "insert_events"
                }.get(sql, sql)


class StatementsTest(unittest.TestCase):
    def test_each_message_s_cpu_falls_to_its_statement_and_its_transaction_s_stage(self):
        costs = statement_log.costs(LOG, Named())
        flat = {(stage, name): (cost.calls, round(cost.cpu_s * 1e6))
                for stage, names in costs.items() for name, cost in names.items()}
        self.assertEqual(flat, {
            ("store", "BEGIN"): (1, 160), ("store", "insert_events"): (1, 200),
            ("store", "COMMIT"): (1, 300), ("record", "finish_windows"): (1, 3000),
            ("other statements", "SELECT 1"): (1, 1)})

    def test_a_statement_is_known_by_its_file(self):
        names = statement_log.Names()
        text = (statement_log.SQL / "find_due.sql").read_text(encoding="utf-8")
        self.assertEqual(names.of(text.replace("\n", "\n\t")), "find_due")
        self.assertEqual(names.of("ROLLBACK"), "ROLLBACK")

    def test_every_statement_with_a_stage_is_a_file_and_has_one_stage(self):
        files = {path.stem for path in pathlib.Path(statement_log.SQL).glob("*.sql")}
        listed = [name for names in statement_log.STATEMENTS.values() for name in names]
        self.assertEqual(set(listed) - files, set())
        self.assertEqual(len(listed), len(set(listed)))


class ByStageTest(unittest.TestCase):
    def test_rows_add_up_to_all_cpu_and_show_what_is_not_attributed(self):
        rows = profile_run.by_stage(
            {"server": 20.0, "worker": 60.0, "sessions": 100.0, "background": 20.0},
            {"server": {"parse": 15.0, "not attributed": 4.0}, "worker": {"send": 60.0}},
            {"store": 50.0, "record": 40.0, "other statements": 4.0})
        found = {row["stage"]: (row["windrow_us"], row["postgres_us"], row["share"])
                 for row in rows if row["share"]}
        self.assertEqual(found, {
            "parse": (15.0, 0.0, 0.075), "store": (0.0, 50.0, 0.25),
            "send": (60.0, 0.0, 0.3), "record": (0.0, 40.0, 0.2),
            "server: not attributed": (5.0, 0.0, 0.025),
            "other statements": (0.0, 4.0, 0.02),
            "PostgreSQL: protocol": (0.0, 6.0, 0.03),
            "PostgreSQL: background": (0.0, 20.0, 0.1)})
        self.assertEqual([row["stage"] for row in rows][:3],
                         ["receive: gRPC", "receive: kernel", "parse"])

    def test_without_perf_all_of_the_programs_is_not_attributed(self):
        rows = profile_run.by_stage(
            {"server": 20.0, "worker": 60.0, "sessions": 0.0, "background": 20.0}, {}, {})
        found = {row["stage"]: row["share"] for row in rows if row["share"]}
        self.assertEqual(found, {"server: not attributed": 0.2,
                                 "worker: not attributed": 0.6,
                                 "PostgreSQL: background": 0.2})

    def test_what_is_rounded_to_nothing_has_no_sign(self):
        rows = profile_run.stage_rows({"stages": [
            {"stage": "parse", "windrow_us": -0.001, "postgres_us": -0.02,
             "share": -0.0004}]})
        self.assertEqual(rows[1], ("parse", "0.00", "-0.02", "-0.02", "0.0%"))


if __name__ == "__main__":
    unittest.main()
