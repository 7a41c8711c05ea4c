// Sends GitHub's example payloads through Windrow to a webhook of each kind of payload, and
// checks every delivery: its signature, its shape, and that objects and custom members are
// the published bytes. What arrived is then checked once more by Python (check.py).
//
//     node once.mjs BIN_FOLDER
//
// Ends with one line, "published N, matched N, delivered N, verified N, lost 0, duplicated
// 0", and exit status 0; else says what differs, with exit status 1.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createReceiver } from '../../examples/receiver/receiver.mjs';
import { ROW_FLAGS, TEMPLATE } from './custom.mjs';
import { Ledger } from './ledger.mjs';
import { events, publishLine } from './payloads.mjs';
import { Windrow } from './windrow.mjs';

// Without any progress for so long, what is missing counts as lost.
const PATIENCE_MS = 30_000;

const FLAGS = {
  full: ['--payload', 'full'],
  small: ['--payload', 'small', '--batch', 'any', '--batch-max-items', '50',
    '--batch-wait', '1s'],
  event_only: ['--payload', 'event-only', '--batch', 'same-event-type',
    '--batch-wait', '1s'],
  custom_rows: ['--payload', 'custom', ...ROW_FLAGS],
  custom_template: ['--payload', 'custom'], // and --template-file, a file of the run's own
};

const say = (text) => console.error(`==> ${text}`);

// A receiver that files what it verified in the ledger and in `received`, and calls
// onProgress.
async function listen(ledger, secrets, received, onProgress) {
  const receiver = createReceiver({
    secretsFor: (path) => [secrets[path.slice(1)]],
    onDelivery: ({ path, id, body, items, headers }) => {
      ledger.take(path.slice(1), id, body, items);
      received.push(JSON.stringify({ path, secret: secrets[path.slice(1)], headers,
        body: body.toString('base64') }));
      onProgress();
    },
  });
  receiver.server.listen(0, '127.0.0.1');
  await once(receiver.server, 'listening');
  return receiver;
}

async function createWebhooks(windrow, port, secrets, types, folder) {
  writeFileSync(join(folder, 'template.json'), TEMPLATE);
  for (const [name, flags] of Object.entries(FLAGS)) {
    const template = name === 'custom_template'
      ? ['--template-file', join(folder, 'template.json')] : [];
    await windrow.run(['webhook', 'create', '--name', name, ...flags, ...template,
      '--url', `http://127.0.0.1:${port}/${name}`, '--secret', secrets[name],
      ...types.flatMap((type) => ['--event', type])]);
  }
}

// Settles when everything arrived, or when nothing did for PATIENCE_MS.
function arrival(ledger) {
  let progress;
  const settled = new Promise((resolve) => {
    let timer;
    progress = () => {
      clearTimeout(timer);
      if (ledger.lost === 0) resolve();
      else timer = setTimeout(resolve, PATIENCE_MS);
    };
  });
  return { progress, settled };
}

// The delivery records must tell the same as the receiver.
async function checkRecords(windrow, receiver, problems) {
  const records = await windrow.run(['delivery', 'list', '--limit', '0']);
  const succeeded = records.filter((record) => record.state === 'SUCCEEDED');
  const items = succeeded.reduce((sum, record) => sum + record.item_count, 0);
  if (succeeded.length !== records.length) {
    problems.push(`${records.length - succeeded.length} delivery records are not SUCCEEDED`);
  }
  if (items !== receiver.stats.items) {
    problems.push(`records hold ${items} items, the receiver got ${receiver.stats.items}`);
  }
}

// The same by another language's parsers and verifier.
function checkByPython(folder, received, published, problems) {
  const files = [join(folder, 'received.jsonl'), join(folder, 'published.jsonl')];
  writeFileSync(files[0], received.map((line) => `${line}\n`).join(''));
  writeFileSync(files[1], published);
  const python = process.env.WINDROW_PYTHON ?? 'python3';
  const run = spawnSync(python, [fileURLToPath(new URL('check.py', import.meta.url)), ...files],
    { encoding: 'utf8' });
  if (run.status !== 0) problems.push(`check.py: ${run.stdout}${run.stderr}${run.error ?? ''}`);
  else say(`Python: ${run.stdout.trim()}`);
}

async function check(windrow, folder) {
  const all = events();
  const types = [...new Set(all.map((event) => event.type))];
  const ledger = new Ledger(all);
  const secrets = Object.fromEntries(Object.keys(FLAGS).map(
    (name) => [name, `whsec_${randomBytes(32).toString('base64')}`]));
  const received = [];
  const published = `${all.map(publishLine).join('\n')}\n`;
  const { progress, settled } = arrival(ledger);
  const receiver = await listen(ledger, secrets, received, () => progress());
  const { port } = receiver.server.address();
  const problems = [];
  try {
    say('starting a Windrow of its own');
    await windrow.start({ allowAddresses: `127.0.0.1:${port}` });
    await createWebhooks(windrow, port, secrets, types, folder);
    const webhooks = Object.keys(FLAGS).length;
    say(`publishing ${all.length} payloads of ${types.length} types to ${webhooks} webhooks`);
    const answers = await windrow.run(['event', 'publish', '-'], published);
    progress();
    await settled;
    if (ledger.lost === 0) await checkRecords(windrow, receiver, problems);
    checkByPython(folder, received, published, problems);
    const status = await windrow.stop();
    if (status !== 0) problems.push(`windrow dev ended with ${status}:\n${windrow.log}`);
    return summary(answers, ledger, receiver, problems);
  } finally {
    await windrow.stop();
    receiver.server.close();
    receiver.server.closeAllConnections();
  }
}

function summary(answers, ledger, receiver, problems) {
  const { stats } = receiver;
  const duplicated = ledger.duplicated + stats.repeats;
  const published = answers.filter((answer) => answer.escmsg_id > 0).length;
  const matched = answers.reduce((sum, answer) => sum + (answer.matched ?? 0), 0);
  if (stats.refused > 0) problems.push(`${stats.refused} requests were not signed right`);
  if (stats.failed > 0) problems.push(`${stats.failed} requests could not be handled`);
  if (published * Object.keys(FLAGS).length !== ledger.expected) {
    problems.push(`${published} events were acknowledged`);
  }
  if (matched !== ledger.expected) problems.push(`${ledger.expected} items should match`);
  problems.push(...ledger.problems);
  problems.push(...ledger.missing().map((key) => `${key} did not arrive`));
  // Only what was verified is filed, so every delivered item was.
  const line = `published ${published}, matched ${matched}, delivered ${ledger.delivered}, ` +
    `verified ${stats.items - ledger.duplicated}, lost ${ledger.lost}, duplicated ${duplicated}`;
  return { line, problems, good: problems.length + ledger.lost + duplicated === 0 };
}

async function main() {
  const windrow = new Windrow(process.argv[2]);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await windrow.stop();
      process.exit(1);
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'windrow-once-files-'));
  const { line, problems, good } = await check(windrow, folder)
    .finally(() => rmSync(folder, { recursive: true, force: true }));
  for (const problem of problems.slice(0, 20)) console.error(`differs: ${problem}`);
  if (problems.length > 20) console.error(`differs: … and ${problems.length - 20} more`);
  console.log(line);
  process.exitCode = good ? 0 : 1;
}

main().catch((error) => {
  console.error(`once: ${error.message}`);
  process.exitCode = 1;
});
