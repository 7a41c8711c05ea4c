// What the CUSTOM webhooks are asked for, and the bytes that each of their items must have.
import { memberBytes } from './raw_json.mjs';

// key → path in the event's object.
export const PATHS = {
  act: ['action'],
  login: ['sender', 'login'],
  whole: ['repository'], // an object of many members: no single-select
  large: ['spelled_large'],
  decimal: ['spelled_decimal'],
  huge: ['spelled_huge'],
  escape: ['spelled_escape'],
  absent: ['no', 'such', 'field'],
};

const source = (path) => ['object', ...path].join('.');

export const ROW_FLAGS = Object.entries(PATHS).flatMap(
  ([key, path]) => ['--field', `${key}=${source(path)}`]);

// Typed: a text that is one placeholder becomes the value itself.
export const TEMPLATE = JSON.stringify({
  ...Object.fromEntries(Object.entries(PATHS).map(([key, path]) => [key, `{{${source(path)}}}`])),
  title: 'no. {{object.spelled_large}}',
});

// The published bytes at `path`, or null's where there is nothing.
export function publishedBytes(objectText, path) {
  let bytes = Buffer.from(objectText);
  for (const name of path) {
    if (bytes.subarray(0, 1).toString() !== '{') return Buffer.from('null');
    bytes = memberBytes(bytes, name);
    if (bytes === null) return Buffer.from('null');
  }
  return bytes;
}

// What an item differs in, for a person; '' where in nothing.
export function customProblem(body, event, hasTitle) {
  for (const [key, path] of Object.entries(PATHS)) {
    const got = memberBytes(body, key);
    const wanted = publishedBytes(event.objectText, path);
    if (got === null) return `has no ${key}`;
    if (!got.equals(wanted)) return `${key} is ${got}, not ${wanted}`;
  }
  if (!hasTitle) return '';
  const title = memberBytes(body, 'title')?.toString();
  return title === '"no. 9007199254740993"' ? '' : `title is ${title}`;
}
