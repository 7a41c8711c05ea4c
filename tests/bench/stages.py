"""Which stage of a delivery a sample of perf belongs to.

A stack is read from its leaf outwards; the first frame that a rule of its program knows
decides. So what malloc or memcpy costs falls to whoever called it, and what the database's
client costs falls to the loop that asked. A stack without such a frame falls to what its
thread is for, and one of a thread that has no such name is not attributed.
"""

import collections
import re

# In the order of a delivery. What is the server's and the worker's is in samples of perf;
# what PostgreSQL spends on a stage is in statement_log.py.
STAGES = {
    "receive: gRPC": "HTTP/2, from the socket to the event's bytes, and back with answers",
    "receive: kernel": "TCP, epoll, waking threads",
    "parse": "protobuf, the event's rules, its JSON",
    "match": "which webhooks want it, and into which windows",
    "store": "the publish transaction: parameters, libpq; events, windows, its commit",
    "answer": "queues between streams and committer, answers",
    "claim": "what is due, taken with its events; libpq, results",
    "render": "the request's body and headers",
    "sign": "the signature",
    "send": "requests started, answers read and judged, by Windrow's own code",
    "send: libcurl": "HTTP, connections",
    "send: kernel": "TCP, epoll",
    "record": "outcomes: parameters, libpq; the delivery's record",
    "maintenance": "partitions, retention, statistics, leases renewed, heartbeats",
}
NOT_ATTRIBUTED = "not attributed"

_KERNEL = "[kernel"
# What a stage is called where the leaf is the kernel's.
_IN_KERNEL = {"receive: gRPC": "receive: kernel", "send": "send: kernel",
              "send: libcurl": "send: kernel"}

# Per program: what a frame says, `symbol (library)`, and the stage that it means.
_RULES = {
    "server": [
        (r"^grpc::GenericDeserialize|^windrow::control_plane::(TakeEvent|\(anonymous "
         r"namespace\)::ParseEvent|PublishStream::TakeRead)|^windrow::domain::Validate",
         "parse"),
        (r"^grpc::GenericSerialize|^windrow::control_plane::(AnswerToProto|PublishQueue|"
         r"QueuedEvent|PublishStream|PublishCommitter|\(anonymous namespace\)::Serialize)|"
         r"^non-virtual thunk to windrow::control_plane::PublishStream", "answer"),
        (r"^windrow::store::|^windrow::control_plane::BatchCommitter::Write", "store"),
        (r"^windrow::control_plane::(BatchCommitter|MatchTables|PlanWrites)|"
         r"^windrow::domain::(MatchTable|SplitIntoWindows)", "match"),
        (r"^windrow::control_plane::(NoticeLoop|OperationLoop|Access|DatabaseWatch|"
         r"DeliveryWatch)", "maintenance"),
        (r"\(lib(grpc|gpr|grpc\+\+)\.so|^grpc(_core)?::", "receive: gRPC"),
    ],
    "worker": [
        (r"\(libcurl", "send: libcurl"),
        (r"^windrow::crypto::|^windrow::delivery::Sign\b", "sign"),
        (r"^windrow::delivery::(Dispatcher|Lanes|BuildRequest|Conclude|Finish\b|"
         r"ShownHeaders)|^windrow::http::", "send"),
        (r"^windrow::delivery::Preparation|^windrow::domain::RenderBody", "render"),
        (r"^windrow::delivery::(ClaimLoop|DueFinder|ReadySet|ListenLoop|ProfileCache)",
         "claim"),
        (r"^windrow::delivery::(RecordLoop|OutcomeQueue)", "record"),
        (r"^windrow::(maintenance::|delivery::UpkeepLoop)", "maintenance"),
    ],
}
_THREADS = {
    "server": {"grpcpp_sync_ser": "receive: gRPC",
               "nexting_thread": "receive: gRPC"},
    "worker": {"claim": "claim", "listen": "claim", "record": "record",
               "upkeep": "maintenance", "maintenance": "maintenance",
               "statistics": "maintenance"},
}
_COMPILED = {program: [(re.compile(pattern), stage) for pattern, stage in rules]
             for program, rules in _RULES.items()}


def stage_of(program: str, thread: str, frames: list[str]) -> str:
    """`frames`: `symbol (library)`, the leaf first."""
    stage = _by_frame(program, frames) or _THREADS[program].get(thread, NOT_ATTRIBUTED)
    if frames and f"({_KERNEL}" in frames[0]:
        return _IN_KERNEL.get(stage, stage)
    return stage


def _by_frame(program: str, frames: list[str]) -> str | None:
    for frame in frames:
        for pattern, stage in _COMPILED[program]:
            if pattern.search(frame):
                return stage
    return None


def samples(script: str) -> list[tuple[str, int, list[str]]]:
    """Thread, weight and frames of each sample that `perf script -F comm,tid,period,ip,
    sym,dso` shows."""
    found = []
    for block in script.split("\n\n"):
        lines = block.strip("\n").split("\n")
        head = re.match(r"^\s*(.*?)\s+\d+\s+(\d+)\s*$", lines[0])
        if head is None:
            continue
        frames = [re.sub(r"^\s*[0-9a-f]+ (.*) \((?:.*/)?([^/]*)\)$", r"\1 (\2)", line)
                  for line in lines[1:]]
        found.append((head[1], int(head[2]), frames))
    return found


def divide(program: str, script: str, threads: dict[str, float]) -> dict[str, float]:
    """The CPU of a program by stage: that of `threads`, by name, each as its samples are
    divided. Of a thread without samples nothing is attributed."""
    weights: dict[str, collections.Counter] = {}
    for thread, weight, frames in samples(script):
        weights.setdefault(thread, collections.Counter())[
            stage_of(program, thread, frames)] += weight
    found: collections.Counter = collections.Counter()
    for thread, cpu in threads.items():
        of_thread = weights.get(thread) or {NOT_ATTRIBUTED: 1}
        for stage, weight in of_thread.items():
            found[stage] += cpu * weight / sum(of_thread.values())
    return dict(found)
