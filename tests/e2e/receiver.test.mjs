import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { createReceiver } from '../../examples/receiver/receiver.mjs';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const deliveries = [];
let fail = false;
let wait = null;
let url;
const receiver = createReceiver({
  secretsFor: () => [SECRET],
  onDelivery: async (delivery) => {
    if (fail) throw new Error('not now');
    await wait;
    deliveries.push(delivery);
  },
});

before(async () => {
  receiver.server.listen(0, '127.0.0.1');
  await once(receiver.server, 'listening');
  url = `http://127.0.0.1:${receiver.server.address().port}/hook`;
});

after(() => receiver.server.close());

function post(id, body, secret = SECRET) {
  const now = new Date();
  return fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    },
  });
}

test('a signed delivery is taken, with its bytes', async () => {
  assert.equal((await post('one', '{"a":1.10}')).status, 204);
  assert.equal(deliveries.at(-1).body.toString(), '{"a":1.10}');
  assert.equal(deliveries.at(-1).path, '/hook');
});

test('a wrong key and an altered body are refused', async () => {
  const handled = deliveries.length;
  assert.equal((await post('two', '{}', OTHER)).status, 401);
  const unsigned = await fetch(url, { method: 'POST', body: '{}' });
  assert.equal(unsigned.status, 401);
  assert.equal(deliveries.length, handled);
});

test('a repeat is answered with success and not handled again', async () => {
  await post('three', '[{},{}]');
  const handled = deliveries.length;
  assert.equal((await post('three', '[{},{}]')).status, 204);
  assert.equal(deliveries.length, handled);
  assert.equal(receiver.stats.repeats, 1);
});

test('what was not handled is asked for again, and handled then', async () => {
  fail = true;
  assert.equal((await post('four', '{}')).status, 500);
  fail = false;
  assert.equal((await post('four', '{}')).status, 204);
  assert.equal(deliveries.at(-1).id, 'four');
});

test('a repeat that comes while the first is handled is put off', async () => {
  let go;
  wait = new Promise((resolve) => { go = resolve; });
  const first = post('five', '{}');
  while (receiver.underWay.size === 0) await new Promise(setImmediate);
  assert.equal((await post('five', '{}')).status, 503);
  go();
  assert.equal((await first).status, 204);
});
