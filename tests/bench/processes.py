"""What the kernel says of processes: CPU, memory, context switches."""

import dataclasses
import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid_or_task: pathlib.Path) -> list[str] | None:
    """Fields of /proc/…/stat from the third on; None where the process is gone."""
    try:
        text = (pid_or_task / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def children(pid: int) -> list[int]:
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(entry)
            if fields is not None and int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


@dataclasses.dataclass
class Usage:
    cpu_s: float = 0
    switches: int = 0
    rss_bytes: int = 0       # at the moment of the look
    peak_rss_bytes: int = 0  # until then

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_s + other.cpu_s, self.switches + other.switches,
                     self.rss_bytes + other.rss_bytes,
                     self.peak_rss_bytes + other.peak_rss_bytes)

    def __sub__(self, other: "Usage") -> "Usage":
        """What was used since; memory is as it is now."""
        return Usage(self.cpu_s - other.cpu_s, self.switches - other.switches,
                     self.rss_bytes, self.peak_rss_bytes)


def usage(pid: int, with_ended_children: bool = False) -> Usage:
    folder = pathlib.Path("/proc") / str(pid)
    fields = _stat(folder)
    if fields is None:
        return Usage()
    ticks = int(fields[11]) + int(fields[12])
    if with_ended_children:
        ticks += int(fields[13]) + int(fields[14])
    switches = 0
    for task in (folder / "task").iterdir():
        try:
            for line in (task / "status").read_text().splitlines():
                if "ctxt_switches" in line:
                    switches += int(line.split()[1])
        except OSError:
            continue
    return Usage(ticks / TICKS, switches, _memory(folder, "VmRSS"), _memory(folder, "VmHWM"))


def _memory(folder: pathlib.Path, line_name: str) -> int:
    try:
        for line in (folder / "status").read_text().splitlines():
            if line.startswith(line_name + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def resident_bytes(pid: int) -> int:
    try:
        pages = int((pathlib.Path("/proc") / str(pid) / "statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def descriptors(pid: int, endpoint_port: int) -> tuple[int, int]:
    """Those that are not connections to that port, and those that are."""
    folder = pathlib.Path("/proc") / str(pid)
    inodes = {fields[9] for name in ("tcp", "tcp6")
              for fields in map(str.split, (folder / "net" / name).read_text().splitlines()[1:])
              if int(fields[2].rpartition(":")[2], 16) == endpoint_port}
    others = to_port = 0
    for descriptor in (folder / "fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue  # closed meanwhile
        if target.startswith("socket:[") and target[8:-1] in inodes:
            to_port += 1
        else:
            others += 1
    return others, to_port


def tree_usage(pid: int) -> Usage:
    """Of a process that forks others, such as PostgreSQL: those that ended included. Its
    memory is without what is shared, so that buffers do not count once for each."""
    forked = children(pid)
    total = sum(map(usage, forked), usage(pid, True))
    private = sum(_memory(pathlib.Path("/proc") / str(each), "RssAnon")
                  for each in [pid, *forked])
    return dataclasses.replace(total, rss_bytes=private, peak_rss_bytes=private)


def threads(pid: int) -> dict[str, float]:
    """CPU seconds by thread name."""
    seconds: dict[str, float] = {}
    for task in (pathlib.Path("/proc") / str(pid) / "task").iterdir():
        fields = _stat(task)
        if fields is None:
            continue
        name = (task / "comm").read_text().strip()
        seconds[name] = seconds.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICKS
    return seconds


def postgres_backends(postmaster: int) -> dict[str, float]:
    """CPU seconds of its processes by what they are, from their titles."""
    seconds: dict[str, float] = {}
    for child in children(postmaster):
        folder = pathlib.Path("/proc") / str(child)
        fields = _stat(folder)
        if fields is None:
            continue
        title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        name = title.removeprefix("postgres: ").split(" [")[0]
        seconds[f"{name} #{child}"] = (int(fields[11]) + int(fields[12])) / TICKS
    return seconds


def machine_cpu() -> float:
    """CPU seconds that the machine has spent on anything, all cores together."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _, _, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / TICKS
