// The bytes of one value inside a JSON text: what JSON.parse and JSON.stringify would lose
// (spelling of numbers and escapes, key order, white space).

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN = new Set([0x7b, 0x5b]), CLOSE = new Set([0x7d, 0x5d]);
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

function skipSpace(bytes, at) {
  while (SPACE.has(bytes[at])) at += 1;
  return at;
}

// `at` is a string's opening quote; answers the index behind the closing one.
function skipString(bytes, at) {
  for (at += 1; bytes[at] !== QUOTE; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    if (at >= bytes.length) throw new Error('a string does not end');
  }
  return at + 1;
}

// Answers the index behind the value that starts at `at`.
function skipValue(bytes, at) {
  if (bytes[at] === QUOTE) return skipString(bytes, at);
  let depth = 0;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      continue;
    }
    if (OPEN.has(byte)) depth += 1;
    if (depth === 0 && (byte === COMMA || CLOSE.has(byte) || SPACE.has(byte))) return at;
    if (CLOSE.has(byte) && (depth -= 1) === 0) return at + 1;
    at += 1;
  }
  return at;
}

// The slice of `bytes` (a JSON object's text, which JSON.parse takes) that is the value of
// the top-level member `name`; null where there is none.
export function memberBytes(bytes, name) {
  let at = skipSpace(bytes, skipSpace(bytes, 0) + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = skipString(bytes, at);
    const key = JSON.parse(bytes.subarray(at, keyEnd).toString('utf8'));
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== COLON) throw new Error(`no colon at byte ${colon}`);
    const start = skipSpace(bytes, colon + 1);
    const end = skipValue(bytes, start);
    if (key === name) return bytes.subarray(start, end);
    const next = skipSpace(bytes, end);
    if (bytes[next] !== COMMA) return null;
    at = skipSpace(bytes, next + 1);
  }
  return null;
}
