// What was published against what arrived: each item exactly once, in the shape that its
// webhook asked for.
import { customProblem } from './custom.mjs';
import { memberBytes } from './raw_json.mjs';

// How each webhook's requests must look. `batched`: the body is an array of at most so
// many items; without it, one object.
export const SHAPES = {
  full: { payload: 'FULL' },
  small: { payload: 'SMALL', batched: 50 },
  event_only: { payload: 'EVENT_ONLY', batched: 100, oneType: true },
  custom_rows: { payload: 'CUSTOM' },
  custom_template: { payload: 'CUSTOM', hasTitle: true },
};

const isScalar = (value) => value === null || typeof value !== 'object';

export class Ledger {
  #events;
  #arrived = new Map(); // "webhook object_id" → the item's uuid
  #problems = [];
  duplicated = 0;

  constructor(events) {
    this.#events = new Map(events.map((event) => [event.objectId, event]));
  }

  get expected() {
    return this.#events.size * Object.keys(SHAPES).length;
  }

  get delivered() {
    return this.#arrived.size;
  }

  get lost() {
    return this.expected - this.delivered;
  }

  // "full 17", …: what did not arrive.
  missing() {
    return Object.keys(SHAPES).flatMap((name) => [...this.#events.keys()]
      .map((objectId) => `${name} ${objectId}`)
      .filter((key) => !this.#arrived.has(key)));
  }

  // What differs, for a person.
  get problems() {
    return this.#problems;
  }

  // Takes one verified request of the webhook `name`.
  take(name, id, body, items) {
    const shape = SHAPES[name];
    if (!shape) return this.#complain(id, `came to the unknown path ${name}`);
    this.#checkBody(shape, id, body, items);
    for (const item of items) this.#takeItem(name, shape, id, body, item);
  }

  #checkBody(shape, id, body, items) {
    const isArray = body.toString('utf8', 0, 1) === '[';
    if (isArray !== Boolean(shape.batched)) {
      this.#complain(id, isArray ? 'is an array without batching' : 'is no array');
    }
    if (items.length > (shape.batched ?? 1)) {
      this.#complain(id, `holds ${items.length} items, more than ${shape.batched ?? 1}`);
    }
    if (shape.oneType && new Set(items.map((item) => item.event)).size > 1) {
      this.#complain(id, 'mixes event types');
    }
    if (items.some((item, i) => i > 0 && item.escmsg_id <= items[i - 1].escmsg_id)) {
      this.#complain(id, 'is not in escmsg_id order');
    }
  }

  #takeItem(name, shape, id, body, item) {
    const event = this.#events.get(item.object_id);
    if (!event || item.event !== event.type) {
      return this.#complain(id, `holds ${item.event} ${item.object_id}, never published`);
    }
    const key = `${name} ${item.object_id}`;
    const before = this.#arrived.get(key);
    if (before !== undefined) {
      this.duplicated += 1;
      if (before !== item.id) this.#complain(id, `has another id for ${key}`);
      return;
    }
    this.#arrived.set(key, item.id);
    this.#checkObject(shape, id, body, item, event);
  }

  #checkObject(shape, id, body, item, event) {
    const object = item[event.objectType];
    if (shape.payload === 'EVENT_ONLY') {
      if (object !== undefined) this.#complain(id, 'holds an object, as EVENT_ONLY');
    } else if (shape.payload === 'FULL') {
      const bytes = memberBytes(body, event.objectType);
      if (bytes === null || !bytes.equals(Buffer.from(event.objectText))) {
        this.#complain(id, `object ${event.objectId} is not byte for byte what was published`);
      }
    } else if (shape.payload === 'CUSTOM') {
      const problem = customProblem(body, event, shape.hasTitle);
      if (problem) this.#complain(id, `object ${event.objectId}: ${problem}`);
    } else if (!keepsScalars(object, JSON.parse(event.objectText))) {
      this.#complain(id, `object ${event.objectId} lacks scalars that SMALL keeps`);
    }
  }

  #complain(id, what) {
    this.#problems.push(`${id} ${what}`);
  }
}

// SMALL: every top-level scalar is there as it was, and no list is.
function keepsScalars(small, whole) {
  if (small === undefined) return false;
  return Object.entries(whole).every(([key, value]) =>
    isScalar(value) ? small[key] === value : !Array.isArray(small[key]),
  );
}
