// A webhook receiver: verifies each request's Standard Webhooks signature, drops repeats,
// and says what came.
//
//     WEBHOOK_SECRET=whsec_… node receiver.mjs
//
// Environment: WEBHOOK_SECRET (required: the webhook's signing secret, whsec_…, or its public
// key, whpk_…; several with spaces between them, while keys are rotated), HOST (default 127.0.0.1), PORT (default 7490), QUIET=1 (print no deliveries),
// DELAY_MS (wait so long before each answer: a slow receiver).
//
// POST to any path takes a delivery: 204, or 401 where the signature is wrong.
// GET /healthz answers 200; GET /stats answers the counts as JSON.
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { verifyEd25519 } from './ed25519.mjs';

// Windrow closes a batch at 1 MiB; one item alone may be a little larger.
const MAX_BODY_BYTES = 4 << 20;

// How many webhook-ids are remembered. A sender repeats a delivery for days, so a real
// receiver keeps them in its database, in the transaction that handles the delivery.
const REMEMBERED_IDS = 1_000_000;

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// The signature covers the bytes of the body, so they are verified before they are parsed.
// Throws WebhookVerificationError. Any of the secrets and public keys will do.
function verify(secrets, body, headers) {
  if (secrets.some((key) => key.startsWith('whpk_') && verifyEd25519(key, body, headers))) return;
  const text = body.toString('utf8');
  let refusal = new WebhookVerificationError('No matching signature found');
  for (const secret of secrets.filter((key) => !key.startsWith('whpk_'))) {
    try {
      new Webhook(secret).verify(text, headers, { jsonParse: false });
      return;
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

// A receiver that is not listening yet.
//   secretsFor(path): the secrets ("whsec_…") that may have signed what is posted there, or the
//     public keys ("whpk_…") of those that may have.
//   onDelivery({path, id, headers, body, items}): called once for each webhook-id; a throw answers
//     500, so that the sender tries again.
// `stats` counts requests: verified + refused + failed = requests, and repeats are verified.
export function createReceiver({ secretsFor, onDelivery }) {
  const stats = { requests: 0, verified: 0, refused: 0, failed: 0, repeats: 0, items: 0 };
  const seen = new Set();
  const underWay = new Set();

  async function take(request, response) {
    stats.requests += 1;
    const path = new URL(request.url, 'http://receiver').pathname;
    const body = await readBody(request);
    if (body === null) {
      stats.refused += 1;
      return response.writeHead(413).end();
    }
    try {
      verify(secretsFor(path), body, request.headers);
    } catch (error) {
      stats.refused += 1;
      return response.writeHead(401).end(`${error.message}\n`);
    }
    const id = request.headers['webhook-id'];
    if (seen.has(id)) {
      stats.verified += 1;
      stats.repeats += 1;
      return response.writeHead(204).end();
    }
    if (underWay.has(id)) {
      stats.failed += 1;
      return response.writeHead(503, { 'retry-after': '1' }).end();
    }
    const parsed = JSON.parse(body.toString('utf8'));
    const items = Array.isArray(parsed) ? parsed : [parsed];
    // Only what was handled is remembered: the rest must be handled when it comes again.
    underWay.add(id);
    try {
      await onDelivery({ path, id, headers: request.headers, body, items });
      seen.add(id);
    } finally {
      underWay.delete(id);
    }
    if (seen.size > REMEMBERED_IDS) seen.delete(seen.values().next().value);
    stats.verified += 1;
    stats.items += items.length;
    return response.writeHead(204).end();
  }

  function route(request, response) {
    if (request.method === 'POST') return take(request, response);
    if (request.url === '/healthz') return response.writeHead(200).end('ok\n');
    if (request.url === '/stats') {
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(`${JSON.stringify(stats)}\n`);
    }
    return response.writeHead(404).end();
  }

  const server = createServer(async (request, response) => {
    try {
      await route(request, response);
    } catch (error) {
      stats.failed += 1;
      console.error(`receiver: ${error.stack}`);
      if (!response.headersSent) response.writeHead(500).end();
    }
  });
  return { server, stats, underWay };
}

function describe({ path, id, items }) {
  const [first] = items;
  const rest = items.length > 1 ? ` and ${items.length - 1} more` : '';
  return `${path} ${id}: ${first.event} ${first.object_id} (#${first.escmsg_id})${rest}`;
}

function main() {
  const secrets = (process.env.WEBHOOK_SECRET ?? '').split(/\s+/).filter(Boolean);
  if (secrets.length === 0) {
    console.error('receiver: set WEBHOOK_SECRET to the webhook\'s signing secret, whsec_…, '
      + 'or its public key, whpk_…');
    process.exit(2);
  }
  const host = process.env.HOST ?? '127.0.0.1';
  const port = Number(process.env.PORT ?? 7490);
  const quiet = process.env.QUIET === '1';
  const delay = Number(process.env.DELAY_MS ?? 0);
  const { server } = createReceiver({
    secretsFor: () => secrets,
    onDelivery: async (delivery) => {
      if (delay > 0) await setTimeout(delay);
      if (!quiet) console.log(`verified ${describe(delivery)}`);
    },
  });
  server.on('error', (error) => {
    console.error(`receiver: ${error.message}`);
    process.exit(1);
  });
  server.listen(port, host, () => console.log(`listening on http://${host}:${port}`));
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      server.close();
      server.closeIdleConnections();
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
