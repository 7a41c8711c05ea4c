// Runs the real programs: a private `windrow dev`, and verbs of the CLI against it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, chmod, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 120_000;
const STOP_MS = 60_000;

function jsonLines(text) {
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export class Windrow {
  #program;
  #folder;
  #dev;
  #ended; // settles with how `windrow dev` ended
  #log = '';
  server = '';

  constructor(binFolder) {
    this.#program = join(binFolder, 'windrow');
  }

  // Starts PostgreSQL, server and worker on a data folder of its own and free ports.
  async start({ allowAddresses }) {
    this.#folder = await mkdtemp(join(tmpdir(), 'windrow-once-'));
    // PostgreSQL runs as an unprivileged user where this runs as root.
    await chmod(this.#folder, 0o755);
    const readyFile = join(this.#folder, 'ready');
    this.#dev = spawn(this.#program, [
      'dev', '--data', join(this.#folder, 'data'), '--ready-file', readyFile,
      '--no-receiver', '--allow-addresses', allowAddresses, '--listen', '127.0.0.1:0',
    ], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#dev.stdout, this.#dev.stderr]) {
      stream.on('data', (chunk) => { this.#log = (this.#log + chunk).slice(-8192); });
    }
    this.#ended = once(this.#dev, 'exit').then(([code, signal]) => signal ?? code);
    this.server = await this.#waitReady(readyFile);
  }

  async #waitReady(file) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), START_MS);
    this.#ended.then(() => stop.abort());
    const watcher = watch(this.#folder);
    try {
      for (;;) {
        // Before the file is read, so that no change falls between the two.
        const change = once(watcher, 'change', { signal: stop.signal });
        change.catch(() => {});
        const text = await readFile(file, 'utf8').catch(() => '');
        if (text.endsWith('\n')) return JSON.parse(text).server;
        await change;
      }
    } catch (error) {
      throw new Error(`windrow dev did not become ready:\n${this.#log}`, { cause: error });
    } finally {
      clearTimeout(timer);
      stop.abort();
      watcher.close();
    }
  }

  // Runs a verb, with `input` on its standard input; answers what it printed, line by line.
  async run(args, input = '') {
    const child = spawn(this.#program, ['--server', this.server, '-o', 'jsonl', ...args]);
    const exit = once(child, 'close');
    child.stdin.on('error', () => {}); // it may end without reading everything
    child.stdin.end(input);
    const [out, complaints] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
    const [code] = await exit;
    if (code !== 0) {
      throw new Error(`windrow ${args.slice(0, 2).join(' ')} exited ${code}:\n${complaints}`);
    }
    return jsonLines(out);
  }

  // Ends everything, and removes the data. Answers the exit status of `windrow dev`.
  async stop() {
    let status = null;
    if (this.#dev) {
      this.#dev.kill('SIGTERM');
      const timer = setTimeout(() => this.#dev.kill('SIGKILL'), STOP_MS);
      status = await this.#ended;
      clearTimeout(timer);
    }
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    return status;
  }

  // The last lines that `windrow dev` printed.
  get log() {
    return this.#log;
  }
}
