"""Many webhooks in little time, through the API."""

import collections

import api

AT_ONCE = 32


def copy(server: str, first: str, secret: str, wanted: list[tuple[str, str, str]]) -> None:
    """Webhooks as the one with the id `first`, with another name, event type and URL each."""
    client = api.Client(server)
    try:
        model = client.webhooks.GetWebhook(api.webhooks.GetWebhookRequest(webhook_id=first),
                                           timeout=30)
        model.webhook_id = model.etag = ""
        model.ClearField("create_time")
        model.ClearField("update_time")
        model.signing_secret = secret
        out = collections.deque()
        for name, event_type, url in wanted:
            model.name, model.url, model.triggers[0].event_type = name, url, event_type
            model.triggers[0].notification_id = 0
            out.append(client.webhooks.CreateWebhook.future(
                api.webhooks.CreateWebhookRequest(webhook=model), timeout=60))
            if len(out) >= AT_ONCE:
                out.popleft().result()
        for call in out:
            call.result()
    finally:
        client.close()
