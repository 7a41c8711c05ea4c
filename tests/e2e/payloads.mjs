// GitHub's published example payloads as events.
import { createRequire } from 'node:module';

const examples = createRequire(import.meta.url)('@octokit/webhooks-examples');

// Members that every object gets: what a sender that reads numbers or texts loses.
const SPELLED = ',"spelled_large":9007199254740993,"spelled_decimal":1.10,' +
  '"spelled_huge":1e400,"spelled_escape":"\\u0041\\/"}';

// [{type, objectType, objectId, objectText}]: one for each payload, `objectText` being the
// bytes that are published and that must come back.
export function events() {
  const all = [];
  for (const family of examples) {
    for (const payload of family.examples) {
      all.push({
        type: `github.${family.name}`,
        objectType: family.name,
        objectId: String(all.length + 1),
        objectText: JSON.stringify(payload).slice(0, -1) + SPELLED,
      });
    }
  }
  return all;
}

// The line that `windrow event publish` reads. The object is put in as the text that it is.
export function publishLine(event) {
  const head = JSON.stringify({
    event_id: `github-example-${event.objectId}`,
    type: event.type,
    object_type: event.objectType,
    object_id: event.objectId,
  });
  return `${head.slice(0, -1)},"object":${event.objectText}}`;
}
