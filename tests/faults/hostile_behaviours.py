"""What a hostile receiver does on each of its paths. The first part of a path is the name
of the behaviour; some take what follows it."""

import asyncio
import email.utils
import gzip
import time
import urllib.parse

from hostile_receiver import Behaviour, Exchange

ANY_BYTES = bytes(range(256)) * 8  # NUL, and no UTF-8
GZIPPED = gzip.compress(b"x" * (1 << 20))
CHUNK = b"y" * (1 << 16)
RETRY_DATE_SECONDS = 120


async def any_bytes(exchange: Exchange) -> bool:
    return await exchange.answer("200 OK", body=ANY_BYTES)


async def one_gib(exchange: Exchange) -> bool:
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range((1 << 30) // len(CHUNK)):
        await exchange.write(CHUNK)
    return True


async def endless(exchange: Exchange) -> bool:
    await exchange.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK)
    while True:
        await exchange.write(chunk)


async def byte_a_second(exchange: Exchange) -> bool:
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        await exchange.write(b"z")
        await asyncio.sleep(1)


async def status(exchange: Exchange) -> bool:
    return await exchange.answer(f"{_argument(exchange)} Whatever")


async def redirect(exchange: Exchange) -> bool:
    return await exchange.answer(f"{_argument(exchange)} Elsewhere",
                                 "Location: http://127.0.0.1:9/elsewhere")


async def interim(exchange: Exchange) -> bool:
    await exchange.write(b"HTTP/1.1 100 Continue\r\n\r\n"
                         b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n")
    return await exchange.answer("200 OK", "X-Final: yes")


async def retry_after(exchange: Exchange) -> bool:
    value = _argument(exchange)
    if value == "date":
        value = email.utils.formatdate(time.time() + RETRY_DATE_SECONDS, usegmt=True)
    elif value == "past":
        value = email.utils.formatdate(time.time() - 86_400, usegmt=True)
    return await exchange.answer("429 Too Many Requests", f"Retry-After: {value}")


async def token(exchange: Exchange) -> bool:
    body = b'{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}' % (
        time.monotonic_ns())
    return await exchange.answer("200 OK", "Content-Type: application/json", body=body)


async def close_before(_: Exchange) -> bool:
    return False


async def close_halfway(exchange: Exchange) -> bool:
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/pl")
    return False


async def long_header(exchange: Exchange) -> bool:
    return await exchange.answer("200 OK", "X-Long: " + "h" * (1 << 20))


async def many_headers(exchange: Exchange) -> bool:
    return await exchange.answer("200 OK", *(f"X-{n}: h" for n in range(10_000)))


async def hang(_: Exchange) -> bool:
    await asyncio.sleep(3_600)
    return False


async def idle_close(exchange: Exchange) -> bool:
    """Serves one request a connection, and closes it when the next one comes."""
    if exchange.request.on_connection > 1:
        return False
    return await exchange.answer("200 OK")


async def gzipped(exchange: Exchange) -> bool:
    return await exchange.answer("200 OK", "Content-Encoding: gzip", body=GZIPPED)


async def late(exchange: Exchange) -> bool:
    """Answers the first request of a delivery after 2.5 s, its repeats at once."""
    if exchange.same_before == 0:
        await asyncio.sleep(2.5)
    return await exchange.answer("200 OK")


BEHAVIOURS: dict[str, Behaviour] = {
    "any-bytes": any_bytes, "one-gib": one_gib, "endless": endless,
    "byte-a-second": byte_a_second, "status": status, "redirect": redirect,
    "interim": interim, "retry-after": retry_after, "token": token,
    "close-before": close_before, "close-halfway": close_halfway,
    "long-header": long_header, "many-headers": many_headers, "hang": hang,
    "idle-close": idle_close, "gzipped": gzipped, "late": late,
}


def _argument(exchange: Exchange) -> str:
    return urllib.parse.unquote(exchange.request.path.split("/")[2])
