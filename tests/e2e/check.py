"""Checks what a receiver got with parsers and verifiers that are not Windrow's, nor the
receiver's: Python's json, and the package standardwebhooks.

    check.py RECEIVED PUBLISHED

RECEIVED: a JSON object a line, {"path", "secret", "headers", "body": base64}. PUBLISHED: the
lines that were published. Every body must be strict JSON, its signature right, and each
number in it spelled as it was published. Prints "checked N requests, N items, N numbers";
exit status 1, and what differs, where something does.
"""
import base64
import collections
import json
import sys

from standardwebhooks.webhooks import Webhook


class Number(str):
    """A number as it is spelled."""


def refuse(text):
    raise ValueError(f'{text} is no JSON')


def load(text):
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=refuse)


def numbers(value, path=()):
    if isinstance(value, Number):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from numbers(inner, (*path, index))


def check_item(item, event, counts):
    """The object, or the part of it that the webhook asked for."""
    published = event['object']
    if event['object_type'] in item:
        part = item[event['object_type']]
        for path, number in numbers(part):
            wanted = published
            for key in path:
                wanted = wanted[key]
            if wanted != number:
                raise ValueError(f'{path} is {number}, not {wanted}')
            counts['numbers'] += 1
    for key, name in (('large', 'spelled_large'), ('decimal', 'spelled_decimal'),
                      ('huge', 'spelled_huge')):
        if key in item:
            if item[key] != published[name] or not isinstance(item[key], Number):
                raise ValueError(f'{key} is {item[key]!r}, not {published[name]}')
            counts['numbers'] += 1
    if 'whole' in item and list(numbers(item['whole'])) != list(
            numbers(published.get('repository'))):
        raise ValueError('numbers of repository differ')


def check(line, events, counts):
    request = json.loads(line)
    body = base64.b64decode(request['body'])
    Webhook(request['secret']).verify(body, request['headers'])
    parsed = load(body.decode('utf-8'))
    items = parsed if isinstance(parsed, list) else [parsed]
    for item in items:
        check_item(item, events[item['object_id']], counts)
    counts['requests'] += 1
    counts['items'] += len(items)


def main():
    with open(sys.argv[2], encoding='utf-8') as file:
        events = {event['object_id']: event for event in map(load, file)}
    counts = collections.Counter()
    failed = 0
    with open(sys.argv[1], encoding='utf-8') as file:
        for line in file:
            try:
                check(line, events, counts)
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f'differs: {line[:200]}: {error!r}')
    print(f'checked {counts["requests"]} requests, {counts["items"]} items, '
          f'{counts["numbers"]} numbers')
    return 1 if failed or counts['requests'] == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
