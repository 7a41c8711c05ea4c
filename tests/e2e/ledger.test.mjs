import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from './ledger.mjs';
import { events, publishLine } from './payloads.mjs';

const PUSH = { type: 'github.push', objectType: 'push', objectId: '1',
  objectText: '{"ref":"main","size":1.10,"list":[1]}' };
const STAR = { type: 'github.star', objectType: 'star', objectId: '2', objectText: '{}' };

const SPELLED = { ...PUSH, objectId: '3', objectText: '{"spelled_large":9007199254740993,' +
  '"spelled_decimal":1.10,"spelled_huge":1e400,"spelled_escape":"\\u0041\\/"}' };

function take(ledger, name, body, id = 'delivery') {
  const parsed = JSON.parse(body);
  ledger.take(name, id, Buffer.from(body), Array.isArray(parsed) ? parsed : [parsed]);
}

const item = (event, more = '', escmsgId = event.objectId) =>
  `{"id":"u${event.objectId}","escmsg_id":${escmsgId},"event":"${event.type}",` +
  `"object_id":"${event.objectId}"${more}}`;

test('what arrives in its shape counts once, with no problem', () => {
  const ledger = new Ledger([PUSH, STAR]);
  take(ledger, 'full', item(PUSH, `,"push":${PUSH.objectText}`));
  take(ledger, 'small', `[${item(PUSH, ',"push":{"ref":"main","size":1.1}')},` +
    `${item(STAR, ',"star":{}')}]`);
  take(ledger, 'event_only', `[${item(PUSH)}]`);
  assert.deepEqual(ledger.problems, []);
  const members = '"act":null,"login":null,"whole":null,"large":null,"decimal":null,' +
    '"huge":null,"escape":null,"absent":null';
  take(ledger, 'custom_rows', item(PUSH, `,${members}`));
  take(ledger, 'custom_template', item(PUSH, `,${members},"title":"no. 9007199254740993"`));
  assert.deepEqual(ledger.problems, []);
  assert.equal(ledger.delivered, 6);
  assert.equal(ledger.lost, 4);
  assert.deepEqual(ledger.missing(),
    ['full 2', 'event_only 2', 'custom_rows 2', 'custom_template 2']);
  assert.equal(ledger.duplicated, 0);
});

test('an item that comes twice is a duplicate', () => {
  const ledger = new Ledger([PUSH]);
  take(ledger, 'event_only', `[${item(PUSH)}]`, 'one');
  take(ledger, 'event_only', `[${item(PUSH)}]`, 'two');
  assert.equal(ledger.duplicated, 1);
  assert.equal(ledger.delivered, 1);
});

const wrong = {
  'a number that was spelled anew': ['full', item(PUSH, ',"push":{"ref":"main","size":1.1,"list":[1]}')],
  'a FULL item without its object': ['full', item(PUSH)],
  'a SMALL object without a scalar': ['small', `[${item(PUSH, ',"push":{"ref":"main"}')}]`],
  'a SMALL object with a list': ['small', `[${item(PUSH, ',"push":{"ref":"main","size":1.1,"list":[1]}')}]`],
  'an EVENT_ONLY item with an object': ['event_only', `[${item(PUSH, ',"push":{}')}]`],
  'a CUSTOM item without a member': ['custom_rows', item(PUSH, ',"act":null')],
  'a CUSTOM number that was spelled anew': ['custom_rows', item(
    { ...PUSH, objectId: '3' }, ',"act":null,"login":null,"whole":null,' +
    '"large":9007199254740992,"decimal":1.1,"huge":1e400,"escape":"A/","absent":null')],
  'a batch that is no array': ['event_only', item(PUSH)],
  'an array without batching': ['full', `[${item(PUSH, `,"push":${PUSH.objectText}`)}]`],
  'two types in one batch': ['event_only', `[${item(PUSH)},${item(STAR)}]`],
  'a batch out of order': ['event_only', `[${item(PUSH, '', 9)},${item(PUSH, '', 8)}]`],
  'a type that was not published': ['event_only', `[${item({ ...PUSH, type: 'github.fork' })}]`],
  'an unknown webhook': ['other', item(PUSH)],
};
for (const [what, [name, body]] of Object.entries(wrong)) {
  test(`${what} is a problem`, () => {
    const ledger = new Ledger([PUSH, STAR, SPELLED]);
    take(ledger, name, body);
    assert.ok(ledger.problems.length >= 1);
  });
}

test('there are 329 payloads of 58 types, each published as one line of the same bytes', () => {
  const all = events();
  assert.equal(all.length, 329);
  assert.equal(new Set(all.map((event) => event.type)).size, 58);
  for (const event of all) {
    const line = publishLine(event);
    assert.equal(line.includes('\n'), false);
    assert.ok(line.endsWith(`,"object":${event.objectText}}`));
    assert.deepEqual(JSON.parse(line).object, JSON.parse(event.objectText));
  }
});
