// Signatures of real deliveries, verified by others' code: v1 by the package
// standardwebhooks, v1a by Node's crypto with the public key that the API shows. In a
// rotation's overlap each request must verify with the old and the new of both schemes, and
// after it with the new alone.
//
//     node signatures.mjs BIN_FOLDER
//
// Prints a line for each request; exit status 1, and what differs, where something does.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { verifyEd25519 } from '../../examples/receiver/ed25519.mjs';
import { Windrow } from './windrow.mjs';

const ARRIVAL_MS = 30_000;

// A server whose next() waits for the next request: {headers, body}.
async function listen() {
  const requests = [];
  let arrived = () => {};
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(204).end();
    arrived();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  async function next() {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no request came')), ARRIVAL_MS);
    });
    while (requests.length === 0) {
      await Promise.race([new Promise((resolve) => { arrived = resolve; }), late]);
    }
    clearTimeout(timer);
    return requests.shift();
  }
  return { server, next };
}

function verifiesV1(secret, { headers, body }) {
  try {
    new Webhook(secret).verify(body.toString('utf8'), headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

// `good` and `bad`: secrets and public keys that must verify it, and must not.
function check(what, request, good, bad) {
  const verifies = (key) => (key.startsWith('whpk_')
    ? verifyEd25519(key, request.body, request.headers) : verifiesV1(key, request));
  const signatures = request.headers['webhook-signature'].split(' ');
  assert.equal(signatures.length, good.length, `${what}: ${signatures.length} signatures`);
  for (const key of good) assert.ok(verifies(key), `${what}: ${key.slice(0, 6)} verifies`);
  for (const key of bad) assert.ok(!verifies(key), `${what}: ${key.slice(0, 6)} does not`);
  const altered = { headers: request.headers, body: Buffer.concat([request.body, Buffer.from(' ')]) };
  for (const key of good) {
    assert.ok(!(key.startsWith('whpk_') ? verifyEd25519(key, altered.body, altered.headers)
      : verifiesV1(key, altered)), `${what}: not of another body`);
  }
  const schemes = signatures.map((one) => one.split(',')[0]);
  console.log(`${what}: ${schemes.join(' ')} verified`);
}

async function run(windrow, receiver) {
  const url = `http://127.0.0.1:${receiver.server.address().port}/`;
  const [both] = await windrow.run(['webhook', 'create', '--name', 'both', '--url', url,
    '--event', 'ticket.created', '--signature-scheme', 'hmac-sha256',
    '--signature-scheme', 'ed25519']);
  const id = both.webhook_id;
  const test = async () => {
    await windrow.run(['webhook', 'test', id]);
    return receiver.next();
  };
  const old = [both.signing_secret, both.public_key];
  check('both schemes', await test(), old, []);

  const [rotated] = await windrow.run(['webhook', 'rotate-secret', id, '--overlap', '1h']);
  const fresh = [rotated.signing_secret, rotated.webhook.public_key];
  assert.equal(rotated.webhook.previous_public_key, both.public_key);
  check('in the overlap', await test(), [...fresh, ...old], []);

  const [ended] = await windrow.run(['webhook', 'rotate-secret', id, '--overlap', '0s']);
  const last = [ended.signing_secret, ended.webhook.public_key];
  check('without an overlap', await test(), last, [...fresh, ...old]);

  const [one] = await windrow.run(['webhook', 'update', id, '--signature-scheme', 'ed25519']);
  assert.equal(one.public_key, last[1]);
  check('Ed25519 alone', await test(), [last[1]], [last[0]]);
  const shown = JSON.stringify(await windrow.run(['webhook', 'get', id]));
  assert.ok(!shown.includes('whsk_') && !shown.includes('whsec_'), 'no key is shown');
}

async function main() {
  const windrow = new Windrow(process.argv[2]);
  const receiver = await listen();
  try {
    await windrow.start({ allowAddresses: `127.0.0.1:${receiver.server.address().port}` });
    await run(windrow, receiver);
  } finally {
    await windrow.stop();
    receiver.server.close();
    receiver.server.closeAllConnections();
  }
}

main().catch((error) => {
  console.error(`signatures: ${error.message}`);
  process.exitCode = 1;
});
