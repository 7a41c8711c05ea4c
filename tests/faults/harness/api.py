"""The API of proto/, generated when this is imported, and a client of it."""

import atexit
import pathlib
import subprocess
import sys
import tempfile

import grpc
from google.protobuf import message_factory

from . import ROOT


def _generate() -> None:
    folder = tempfile.TemporaryDirectory(prefix="windrow-api-")
    atexit.register(folder.cleanup)
    files = sorted(str(path) for path in (ROOT / "proto" / "windrow" / "v1").glob("*.proto"))
    subprocess.run(["protoc", f"--proto_path={ROOT / 'proto'}",
                    f"--python_out={folder.name}", *files], check=True)
    sys.path.append(str(pathlib.Path(folder.name)))


_generate()
# pylint: disable=wrong-import-position,import-error
from windrow.v1 import delivery_pb2 as deliveries  # noqa: E402
from windrow.v1 import event_pb2 as events  # noqa: E402
from windrow.v1 import operation_pb2 as operations  # noqa: E402
from windrow.v1 import webhook_pb2 as webhooks  # noqa: E402

OPTIONS = [
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),  # a client's connections are its own
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 400),
]


class Service:
    """The methods of one service, by their names: called with a request and a timeout."""

    def __init__(self, channel: grpc.Channel, descriptor):
        for method in descriptor.methods:
            make = {(False, False): channel.unary_unary, (False, True): channel.unary_stream,
                    (True, False): channel.stream_unary, (True, True): channel.stream_stream,
                    }[method.client_streaming, method.server_streaming]
            answer = message_factory.GetMessageClass(method.output_type)
            request = message_factory.GetMessageClass(method.input_type)
            setattr(self, method.name,
                    make(f"/{descriptor.full_name}/{method.name}",
                         request_serializer=request.SerializeToString,
                         response_deserializer=answer.FromString))


class Client:
    """A connection of its own to one server."""

    def __init__(self, address: str):
        self.channel = grpc.insecure_channel(address, OPTIONS)
        self.events = Service(self.channel, events.DESCRIPTOR.services_by_name["EventService"])
        self.webhooks = Service(self.channel,
                                webhooks.DESCRIPTOR.services_by_name["WebhookService"])
        self.deliveries = Service(self.channel,
                                  deliveries.DESCRIPTOR.services_by_name["DeliveryService"])

    def close(self) -> None:
        self.channel.close()


def every_page(method, request, field: str):
    """All entries of a list, page by page."""
    while True:
        page = method(request, timeout=30)
        yield from getattr(page, field)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
