import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memberBytes } from './raw_json.mjs';

const member = (text, name) => memberBytes(Buffer.from(text), name)?.toString() ?? null;

test('a number keeps its spelling', () => {
  assert.equal(member('{"a":1.10,"b":9007199254740993}', 'a'), '1.10');
  assert.equal(member('{"a":1.10,"b":9007199254740993}', 'b'), '9007199254740993');
});

test('an object keeps its white space and its escapes', () => {
  assert.equal(
    member('{"id": "x", "t" : { "k":\t"\\u0000\\"}" , "l":[1, {"m":2}] } }', 't'),
    '{ "k":\t"\\u0000\\"}" , "l":[1, {"m":2}] }',
  );
});

test('a member of an inner object is not taken for one of the outer', () => {
  assert.equal(member('{"inner":{"a":1},"a":2}', 'a'), '2');
});

test('braces inside texts do not count', () => {
  assert.equal(member('{"x":"}{\\\\","a":"]"}', 'a'), '"]"');
});

test('a key is compared by its meaning', () => {
  assert.equal(member('{"\\u0061":true}', 'a'), 'true');
});

test('a name that is not there gives null', () => {
  assert.equal(member('{}', 'a'), null);
  assert.equal(member('{"b":[]}', 'a'), null);
});
