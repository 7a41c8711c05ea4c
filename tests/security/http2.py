"""Just enough HTTP/2 (RFC 9113) and gRPC to break their rules: frames by hand, over a plain
socket. Headers are written without compression; the peer is told to do likewise."""

import dataclasses
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4
ENHANCE_YOUR_CALM, REFUSED_STREAM, CANCEL = 11, 7, 8

# Of the static table (RFC 7541, appendix A) what a gRPC server uses by number alone.
_STATIC = {8: (":status", "200"), 31: ("content-type", ""), 16: ("accept-encoding", "")}


@dataclasses.dataclass
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def _integer(value: int, bits: int, first: int) -> bytes:
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def header_block(headers: list[tuple[str, str]]) -> bytes:
    """Each as a literal that is not indexed."""
    out = b""
    for name, value in headers:
        out += b"\0"
        for text in (name, value):
            out += _integer(len(text), 7, 0) + text.encode()
    return out


def _read_integer(data: bytes, at: int, bits: int) -> tuple[int, int]:
    most = (1 << bits) - 1
    value = data[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        byte = data[at]
        at += 1
        value += (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def read_header_block(data: bytes) -> dict[str, str]:
    """What a peer without a table of its own and without Huffman codes sends."""
    found: dict[str, str] = {}
    at = 0

    def text() -> str:
        nonlocal at
        size, at = _read_integer(data, at, 7)
        at += size
        return data[at - size:at].decode("latin-1")

    while at < len(data):
        first = data[at]
        if first & 0x80:
            index, at = _read_integer(data, at, 7)
            name, value = _STATIC.get(index, (f"static-{index}", ""))
        elif first & 0xe0 == 0x20:  # the size of its table
            _, at = _read_integer(data, at, 5)
            continue
        else:
            index, at = _read_integer(data, at, 6 if first & 0x40 else 4)
            name = _STATIC.get(index, (f"static-{index}", ""))[0] if index else text()
            value = text()
        found[name] = value
    return found


class Connection:
    """A client's end. Reads answer what a peer has to be answered (SETTINGS, PING) unless
    `mute`. `window`: how many bytes the peer may send on a stream; 0 in all, too."""

    def __init__(self, address: tuple[str, int], mute: bool = False,
                 window: int = (1 << 31) - 1):
        self.socket = socket.create_connection(address, 10)
        self.authority = f"{address[0]}:{address[1]}"
        self.mute = mute
        self.settings: dict[int, int] = {}
        self.goaway: tuple[int, str] | None = None  # code and debug text
        self._buffer = b""
        self._next_stream = 1
        self._ended: Frame | None = None  # of a stream that was being written to
        self._windows = {0: 65_535}  # bytes that may be sent: in all, and on a stream
        settings = struct.pack(">HIHI", HEADER_TABLE_SIZE, 0, INITIAL_WINDOW_SIZE, window)
        more = frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 30)) if window else b""
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, settings) + more)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, data: bytes, seconds: float = 10) -> None:
        self.socket.settimeout(seconds)
        self.socket.sendall(data)

    def new_stream(self) -> int:
        stream = self._next_stream
        self._next_stream += 2
        return stream

    def request_headers(self, method: str, *more: tuple[str, str]) -> bytes:
        return header_block([(":method", "POST"), (":scheme", "http"), (":path", method),
                             (":authority", self.authority), ("te", "trailers"),
                             ("content-type", "application/grpc"), *more])

    def open(self, method: str, *more: tuple[str, str]) -> int:
        """Starts a call; its stream."""
        stream = self.new_stream()
        self.send(frame(HEADERS, END_HEADERS, stream, self.request_headers(method, *more)))
        return stream

    def message(self, stream: int, message: bytes, end: bool = True) -> None:
        data = b"\0" + struct.pack(">I", len(message)) + message
        self.data(stream, data, end)

    def data(self, stream: int, data: bytes, end: bool = False, seconds: float = 15) -> None:
        """As the peer gives room for it. BrokenPipeError where it ends the stream first."""
        while data:
            room = min(self._room(stream, seconds), 16_384)
            piece, data = data[:room], data[room:]
            self._windows[0] -= len(piece)
            self._windows[stream] -= len(piece)
            self.send(frame(DATA, END_STREAM if end and not data else 0, stream, piece))

    def _room(self, stream: int, seconds: float) -> int:
        if INITIAL_WINDOW_SIZE not in self.settings and not self.settings:
            self.read(seconds)
        initial = self.settings.get(INITIAL_WINDOW_SIZE, 65_535)
        until = time.monotonic() + seconds
        while True:
            room = min(self._windows[0], self._windows.setdefault(stream, initial))
            if room > 0:
                return room
            got = self.read(until - time.monotonic())
            if got is None or got.stream == stream and (
                    got.kind == RST_STREAM or got.kind == HEADERS and got.flags & END_STREAM):
                self._ended = got
                raise BrokenPipeError("the peer ended the stream")

    def call(self, method: str, message: bytes, *more: tuple[str, str],
             seconds: float = 15) -> "Answer":
        stream = self.open(method, *more)
        try:
            self.message(stream, message)
        except BrokenPipeError:
            pass  # refused while it was sent
        return self.answer(stream, seconds)

    def answer(self, stream: int, seconds: float = 15) -> "Answer":
        """Reads until the stream has ended, or the connection has."""
        answer = Answer()
        until = time.monotonic() + seconds
        got = self._ended
        self._ended = None
        while got := got or self.read(until - time.monotonic()):
            if got.stream == stream and answer.take(got):
                return answer
            got = None
        return answer

    def read(self, seconds: float) -> Frame | None:
        """The next frame; None at the end of the connection. TimeoutError."""
        header = self._take(9, seconds)
        if header is None:
            return None
        size = int.from_bytes(header[:3], "big")
        payload = self._take(size, seconds)
        if payload is None:
            return None
        got = Frame(header[3], header[4], int.from_bytes(header[5:], "big") & 0x7fffffff,
                    payload)
        self._note(got)
        return got

    def read_to_end(self, seconds: float) -> bool:
        """Reads until the peer closes: whether it does in time."""
        until = time.monotonic() + seconds
        try:
            while self.read(until - time.monotonic()) is not None:
                pass
            return True
        except TimeoutError:
            return False

    def _note(self, got: Frame) -> None:
        if got.kind == SETTINGS and not got.flags & ACK:
            for at in range(0, len(got.payload), 6):
                name, value = struct.unpack_from(">HI", got.payload, at)
                self.settings[name] = value
            if not self.mute:
                self.send(frame(SETTINGS, ACK, 0))
        elif got.kind == PING and not got.flags & ACK and not self.mute:
            self.send(frame(PING, ACK, 0, got.payload))
        elif got.kind == WINDOW_UPDATE:
            more = struct.unpack(">I", got.payload)[0]
            initial = self.settings.get(INITIAL_WINDOW_SIZE, 65_535) if got.stream else 0
            self._windows[got.stream] = self._windows.get(got.stream, initial) + more
        elif got.kind == GOAWAY:
            self.goaway = (struct.unpack_from(">I", got.payload, 4)[0],
                           got.payload[8:].decode("latin-1"))

    def _take(self, size: int, seconds: float) -> bytes | None:
        until = time.monotonic() + seconds
        while len(self._buffer) < size:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError:
                return None
            if not more:
                return None
            self._buffer += more
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken


@dataclasses.dataclass
class Answer:
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    data: bytes = b""
    reset: int | None = None  # the code of a RST_STREAM

    def take(self, got: Frame) -> bool:
        """Whether that was the last of it."""
        if got.kind == HEADERS:
            self.headers |= read_header_block(got.payload)
        elif got.kind == DATA:
            self.data += got.payload
        elif got.kind == RST_STREAM:
            self.reset = struct.unpack(">I", got.payload)[0]
            return True
        return got.kind in (HEADERS, DATA) and bool(got.flags & END_STREAM)

    @property
    def status(self) -> int | None:
        text = self.headers.get("grpc-status")
        return None if text is None else int(text)

    @property
    def text(self) -> str:
        return self.headers.get("grpc-message", "")


def field(number: int, value: bytes | str) -> bytes:
    """A protobuf field of bytes or text."""
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
