// Bodies from Windrow's own renderer (render_messages.cc).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const PROGRAM = process.env.WINDROW_RENDER_MESSAGES ?? '../../build/dev/bin/windrow-render-messages';

// The bodies, as text, of messages of `type` from `template` ('': the default one): one for
// each value, which the event has as object.v.
export function render(type, template, values) {
  const lines = values.map((v) => JSON.stringify({
    type,
    template,
    event: {
      type: 'ticket.created', object_type: 'ticket', object_id: '42', message: v, object: { v },
    },
  }));
  const run = spawnSync(PROGRAM, { input: lines.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.error, undefined);
  assert.equal(run.status, 0, run.stderr);
  const bodies = run.stdout.split('\n').slice(0, -1);
  assert.equal(bodies.length, values.length);
  return bodies;
}
