import assert from 'node:assert/strict';
import { once } from 'node:events';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { createReceiver } from '../../examples/receiver/receiver.mjs';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const PAIR = generateKeyPairSync('ed25519');
const rawPublic = PAIR.publicKey.export({ format: 'jwk' }).x;
const PUBLIC = `whpk_${Buffer.from(rawPublic, 'base64url').toString('base64')}`;
const deliveries = [];
let fail = false;
let wait = null;
let url;
const receiver = createReceiver({
  secretsFor: () => [SECRET, PUBLIC],
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

function postSigned(id, body, privateKey, seconds = Math.floor(Date.now() / 1000)) {
  const signature = sign(null, Buffer.from(`${id}.${seconds}.${body}`), privateKey);
  return fetch(url, {
    method: 'POST',
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,AAAA v1a,${signature.toString('base64')}`,
    },
  });
}

test('an Ed25519 signature is verified by the public key', async () => {
  assert.equal((await postSigned('asymmetric', '{"a":"☃"}', PAIR.privateKey)).status, 204);
  assert.equal(deliveries.at(-1).id, 'asymmetric');
  const handled = deliveries.length;
  const other = generateKeyPairSync('ed25519').privateKey;
  assert.equal((await postSigned('other', '{}', other)).status, 401);
  const old = Math.floor(Date.now() / 1000) - 301;
  assert.equal((await postSigned('old', '{}', PAIR.privateKey, old)).status, 401);
  assert.equal(deliveries.length, handled);
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
