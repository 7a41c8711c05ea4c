"""What endpoints do, and what must come of each: a Row is one webhook and one judgement."""

import dataclasses
from collections.abc import Callable

from harness import api
from harness.waiting import expect
from hostile_behaviours import ANY_BYTES, GZIPPED, RETRY_DATE_SECONDS

State, Error = api.deliveries.DeliveryState, api.deliveries.AttemptError
KEPT_BODY = 16 * 1024
HOUR = 3_600
CLOCK = 0.05  # seconds that the worker may be off in what it knows of the database's clock
BODY_SECONDS = 5  # how long a body is read, after its header


@dataclasses.dataclass
class Seen:
    """What the API says of one delivery, and what the receiver was sent of it."""
    delivery: api.deliveries.Delivery
    attempts: list  # of api.deliveries.Attempt
    requests: list  # of hostile_receiver.Request, to the row's path

    @property
    def last(self):
        return self.attempts[-1]

    @property
    def due_in(self) -> float:
        """From the last attempt's end to the next one, in seconds."""
        end = nanoseconds(self.last.start_time) + nanoseconds(self.last.duration)
        return (nanoseconds(self.delivery.due_time) - end) / 1e9

    def text(self) -> str:
        state = State.Name(self.delivery.state).removeprefix("DELIVERY_STATE_")
        error = Error.Name(self.last.error).removeprefix("ATTEMPT_ERROR_")
        what = str(self.last.status_code) if self.last.status_code else error
        return f"{state}, {what}"


def nanoseconds(time) -> int:
    return time.ToNanoseconds()


def seconds(duration) -> float:
    return duration.ToNanoseconds() / 1e9


Check = Callable[[Seen], str | None]  # more for the table; Failure where it is wrong


@dataclasses.dataclass(frozen=True)
class Row:
    behaviour: str
    wanted: str
    path: str          # at the receiver
    check: Check
    port: str = "plain"  # or a TLS certificate's kind
    host: str = "127.0.0.1"
    delays: tuple[float, ...] = (0, HOUR)
    timeout: float = 10
    attempts: int = 1
    within: float = 3  # seconds that an attempt may take


def succeeds(status: int = 200, more: Check | None = None, attempts: int = 1,
             requests: int = 1) -> Check:
    def check(seen: Seen) -> str | None:
        expect(seen.delivery.state == State.DELIVERY_STATE_SUCCEEDED, "did not succeed")
        expect(seen.last.status_code == status, f"status {seen.last.status_code}")
        expect(seen.last.error == 0, f"error {seen.last.error}")
        return _common(seen, attempts, requests) or (more(seen) if more else None)
    return check


def fails(error: int, status: int = 0, more: Check | None = None, detail: str = "",
          requests: int | None = 1) -> Check:
    """And is tried again in an hour, ±20 %."""
    def check(seen: Seen) -> str | None:
        expect(seen.delivery.state == State.DELIVERY_STATE_RETRYING, "is not tried again")
        expect(seen.last.error == error, f"the error is {Error.Name(seen.last.error)}: "
               f"{seen.last.error_detail}")
        expect(seen.last.status_code == status, f"status {seen.last.status_code}")
        expect(detail in seen.last.error_detail, f"the detail: {seen.last.error_detail}")
        expect(0.8 * HOUR <= seen.due_in <= 1.2 * HOUR + 1, f"due in {seen.due_in:.0f} s")
        return _common(seen, 1, requests) or (more(seen) if more else None)
    return check


def _common(seen: Seen, attempts: int, requests: int | None) -> None:
    expect(seen.delivery.attempt_count == attempts == len(seen.attempts),
           f"{seen.delivery.attempt_count} attempts")
    expect(not any(attempt.late for attempt in seen.attempts), "its lease had ended")
    expect(requests is None or len(seen.requests) == requests,
           f"{len(seen.requests)} requests came")
    expect(all(len(a.response_body) <= KEPT_BODY for a in seen.attempts), "too much is kept")


def body_is(body: bytes) -> Check:
    def check(seen: Seen) -> None:
        expect(seen.last.response_body == body[:KEPT_BODY], "another body is on record")
    return check


def body_is_cut(seen: Seen) -> str:
    expect(len(seen.last.response_body) == KEPT_BODY, "another length is kept")
    expect(seen.last.response_bytes <= 2 << 20, f"{seen.last.response_bytes} bytes were read")
    return f"{seen.last.response_bytes >> 10} KiB read"


def body_was_slow(seen: Seen) -> str:
    took = seconds(seen.last.duration)
    expect(BODY_SECONDS - 1 < took < BODY_SECONDS + 2, f"it was read for {took:.1f} s")
    return f"{len(seen.last.response_body)} bytes on record"


def header_is(line: str) -> Check:
    def check(seen: Seen) -> None:
        expect(line.lower() in seen.last.response_headers.lower(),
               f"the headers: {seen.last.response_headers!r}")
    return check


def due_in(least: float, most: float) -> Check:
    def check(seen: Seen) -> str:
        expect(seen.delivery.state == State.DELIVERY_STATE_RETRYING, "is not tried again")
        expect(seen.last.status_code == 429, f"status {seen.last.status_code}")
        _common(seen, 1, 1)
        expect(least <= seen.due_in <= most, f"due in {seen.due_in:.1f} s")
        return f"due in {seen.due_in:.0f} s"
    return check


def two_tokens(seen: Seen) -> str:
    tokens = [request.headers.get("authorization", "") for request in seen.requests]
    expect(len(set(tokens)) == 2 and all(t.startswith("Bearer token-") for t in tokens),
           f"tokens: {tokens}")
    return "2 requests, 2 tokens"


def same_id_both_times(seen: Seen) -> str:
    first = seen.attempts[0]
    expect(first.error == Error.ATTEMPT_ERROR_TIMEOUT and first.status_code == 0,
           "the first is no timeout")
    ids = {request.webhook_id for request in seen.requests}
    expect(ids == {seen.delivery.delivery_id}, f"webhook-ids: {ids}")
    expect(seen.requests[0].body == seen.requests[1].body, "other bytes")
    return "TIMEOUT, then 200, one webhook-id"


def second_address(seen: Seen) -> str:
    expect(seen.last.remote_address.startswith("127.0.0.1:"), seen.last.remote_address)
    return f"at {seen.last.remote_address.split(':')[0]}"


def took_timeout(seen: Seen) -> str:
    took = seconds(seen.last.duration)
    expect(2.9 < took < 4, f"it took {took:.1f} s")
    return f"after {took:.1f} s; the lease was still held"


def dns_limit(seen: Seen) -> str:
    took = seconds(seen.last.duration)
    expect(2 < took < 7, f"it took {took:.1f} s")
    return f"after {took:.1f} s"


_SCHEDULE = (480, 721)  # (0, 600), ±20 %
_TLS, _RESET = Error.ATTEMPT_ERROR_TLS, Error.ATTEMPT_ERROR_RESET
_HTTP, _DNS = Error.ATTEMPT_ERROR_HTTP, Error.ATTEMPT_ERROR_DNS


def _retry_after(what: str, value: str, wanted: str, least: float, most: float,
                 first: float = 600) -> Row:
    return Row(f"429, Retry-After {what}", wanted, f"/retry-after/{value}",
               due_in(least, most), delays=(0, first))


ROWS = [
    Row("200, a body of any bytes", "success, as it came", "/any-bytes",
        succeeds(more=body_is(ANY_BYTES))),
    Row("200, 1 GiB", "success, 16 KiB kept", "/one-gib", succeeds(more=body_is_cut), within=7),
    Row("200, an endless body", "success, 16 KiB kept", "/endless", succeeds(more=body_is_cut),
        within=7),
    Row("200, one byte a second", "success, read for 5 s", "/byte-a-second",
        succeeds(more=body_was_slow), within=7),
    *(Row(f"{status}", "success", f"/status/{status}", succeeds(status))
      for status in (204, 201, 299)),
    *(Row(f"{status}", "failure, not followed", f"/redirect/{status}",
          fails(_HTTP, status, header_is("Location: http://127.0.0.1:9/elsewhere")))
      for status in (301, 302, 307, 308)),
    Row("100, 103, then 200", "success", "/interim", succeeds(more=header_is("X-Final: yes"))),
    _retry_after("120", "120", "in 120 s", 120 - CLOCK, 122, 10),
    _retry_after("an HTTP date", "date", "then", RETRY_DATE_SECONDS - 1.5,
                 RETRY_DATE_SECONDS + 2, 10),
    _retry_after("in the past", "past", "schedule", *_SCHEDULE),
    _retry_after("negative", "-5", "schedule", *_SCHEDULE),
    _retry_after("a million seconds", "1000000", "in 24 h", 86_400 - CLOCK, 86_402),
    _retry_after("not a number", "soon", "schedule", *_SCHEDULE),
    Row("401, OAuth 2.0", "a new token, once", "/status/401",
        fails(_HTTP, 401, two_tokens, requests=2)),
    Row("closes before the header", "failure RESET", "/close-before", fails(_RESET)),
    Row("closes halfway in it", "failure RESET", "/close-halfway", fails(_RESET)),
    Row("a header of 1 MiB", "failure TOO_LARGE", "/long-header",
        fails(Error.ATTEMPT_ERROR_TOO_LARGE)),
    Row("10,000 header lines", "failure TOO_LARGE", "/many-headers",
        fails(Error.ATTEMPT_ERROR_TOO_LARGE)),
    Row("accepts, never answers", "failure TIMEOUT at 3 s", "/hang",
        fails(Error.ATTEMPT_ERROR_TIMEOUT, more=took_timeout), timeout=3, within=5),
    Row("a certificate that is good", "success", "/status/200", succeeds(), port="good"),
    Row("certificate expired", "failure TLS", "/status/200",
        fails(_TLS, detail="certificate has expired", requests=0), port="expired"),
    Row("certificate of another name", "failure TLS", "/status/200",
        fails(_TLS, detail="no alternative certificate subject name", requests=0),
        port="other-name"),
    Row("certificate self-signed", "failure TLS", "/status/200",
        fails(_TLS, detail="self-signed certificate", requests=0), port="self-signed"),
    Row("gzip body", "success, as it came", "/gzipped", succeeds(more=body_is(GZIPPED))),
    Row("200 after the timeout", "no success; same id again", "/late",
        succeeds(more=same_id_both_times, attempts=2, requests=2), delays=(0, 1), timeout=1,
        attempts=2),
    Row("DNS: no such name", "failure DNS", "/status/200",
        fails(_DNS, detail="there is no host", requests=None), host="none.test"),
    Row("DNS: no answer", "failure DNS in its own limit", "/status/200",
        fails(_DNS, more=dns_limit, requests=None), host="silent1.test", timeout=20, within=7),
    Row("DNS: two addresses, first dead", "second tried", "/status/200",
        succeeds(more=second_address, requests=None), host="two.test"),
]
