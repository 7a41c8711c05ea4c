"""Many webhooks in little time, through the API."""

import concurrent.futures

import grpc

import api

AT_ONCE = 16
WITHIN_S = 120  # of one call


def copy(server: str, first: str, secret: str, wanted: list[tuple[str, str, str]]) -> None:
    """Webhooks as the one with the id `first`, with another name, event type and URL each.
    RuntimeError where one is refused."""
    client = api.Client(server)

    def create(named: tuple[str, str, str]) -> None:
        webhook = api.webhooks.Webhook()
        webhook.CopyFrom(model)
        webhook.name, webhook.triggers[0].event_type, webhook.url = named
        client.webhooks.CreateWebhook(
            api.webhooks.CreateWebhookRequest(webhook=webhook), timeout=WITHIN_S)

    try:
        model = client.webhooks.GetWebhook(
            api.webhooks.GetWebhookRequest(webhook_id=first), timeout=WITHIN_S)
        model.webhook_id = model.etag = ""
        model.ClearField("create_time")
        model.ClearField("update_time")
        model.signing_secret = secret
        model.triggers[0].notification_id = 0
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as callers:
            try:
                for _ in callers.map(create, wanted):
                    pass
            except BaseException:
                callers.shutdown(wait=True, cancel_futures=True)
                raise
    except grpc.RpcError as error:
        raise RuntimeError(f"a webhook was not created: {error.details()}") from None
    finally:
        client.close()
