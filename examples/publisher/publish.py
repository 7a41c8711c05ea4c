#!/usr/bin/env python3
"""Publishes events over the stream, and prints each answer.

    pip install -r requirements.txt
    python publish.py [SERVER [COUNT]]

WINDROW_API_KEY is the API key, of scope publish; WINDROW_TLS_CA a PEM file of the authority
that signed the server's certificate, where it serves TLS.

The stubs are made from the .proto files when this starts, so that nothing generated has to
be kept.
"""

import json
import os
import pathlib
import sys

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "proto"))
event_pb2, event_grpc = grpc.protos_and_services("windrow/v1/event.proto")


def requests(count):
    for number in range(1, count + 1):
        ticket = {"id": number, "summary": f"Printer {number} is on fire", "priority": 1}
        yield event_pb2.PublishEventRequest(
            event=event_pb2.Event(
                # Your own id makes a repeat harmless: it is answered with `duplicate`.
                event_id=f"example-{number}",
                type="ticket.created",
                object_type="ticket",
                object_id=str(number),
                object=json.dumps(ticket).encode(),
            )
        )


def channel_to(server):
    """Over TLS where the authority is known, with any HTTP proxy left out."""
    options = [("grpc.enable_http_proxy", 0)]
    authority = os.environ.get("WINDROW_TLS_CA")
    if not authority:
        return grpc.insecure_channel(server, options)
    roots = pathlib.Path(authority).read_bytes()
    return grpc.secure_channel(server, grpc.ssl_channel_credentials(roots), options)


def metadata():
    key = os.environ.get("WINDROW_API_KEY")
    return [("authorization", f"Bearer {key}")] if key else []


def main():
    server = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7470"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with channel_to(server) as channel:
        stub = event_grpc.EventServiceStub(channel)
        # Answers come in the order of the requests, each after its event is on disk.
        for answer in stub.PublishEvent(requests(count), metadata=metadata()):
            if answer.WhichOneof("result") == "refused":
                print(f"refused: {answer.refused.reason}: {answer.refused.message}")
                continue
            published = answer.published
            again = " (was known)" if published.duplicate else ""
            print(f"event {published.escmsg_id}: {published.matched} matched{again}")


if __name__ == "__main__":
    main()
