"""A DNS server (RFC 1035) for names under .test, and how a program is made to ask it."""

import pathlib
import socket
import struct
import threading

from harness.waiting import Failure

ADDRESS = "127.53.53.53"  # port 53, where resolv.conf looks
A, NXDOMAIN = 1, 3


class NameServer:
    """`names` gives each its IPv4 addresses; None: it is never answered. Others are
    unknown. Ends with `with`."""

    def __init__(self, names: dict[str, list[str] | None]):
        self._names = names
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((ADDRESS, 53))
        except PermissionError:
            raise Failure("a name server of the test's own wants root: run it by sudo"
                          ) from None
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stopping = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (ADDRESS, 53))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._stopping:
            query, peer = self._socket.recvfrom(4096)
            if len(query) > 12 and (answer := self._answer(query)):
                self._socket.sendto(answer, peer)

    def _answer(self, query: bytes) -> bytes | None:
        labels, at = [], 12
        while size := query[at]:
            labels.append(query[at + 1:at + 1 + size].decode("ascii").lower())
            at += 1 + size
        question = query[12:at + 5]
        kind = struct.unpack_from(">H", query, at + 1)[0]
        name = ".".join(labels)
        addresses = self._names.get(name, [])
        if addresses is None:
            return None
        code = 0 if name in self._names else NXDOMAIN
        if kind != A:
            addresses = []
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 1, 4) +
                           socket.inet_aton(address) for address in addresses)
        return query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(addresses), 0, 0) + \
            question + records


def asking_it(folder: pathlib.Path, program: pathlib.Path) -> list[str]:
    """The command that runs `program`, as the process that it starts, with a
    /etc/resolv.conf of its own. Wants root."""
    conf = folder / "resolv.conf"
    conf.write_text(f"nameserver {ADDRESS}\n", encoding="ascii")
    return ["unshare", "--mount", "sh", "-c",
            'mount --bind "$0" /etc/resolv.conf && exec "$1"', str(conf), str(program)]
