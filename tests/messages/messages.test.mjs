import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import MarkdownIt from 'markdown-it';
import { HOSTILE, LONG } from './hostile.mjs';
import { render } from './render.mjs';
import { typeErrors } from './types.mjs';

const require = createRequire(import.meta.url);
const cards = require('adaptivecards/dist/adaptivecards.js');
const slack = require('slack-message-parser');
const { parse: parseDiscord } = require('discord-markdown-parser');

const ALL = [...HOSTILE, ...LONG];
const TEXT = 'No. {{event.object_id}}: {{object.v}} end';

const slackText = (body) => JSON.parse(body).blocks[0].text.text;
const teamsText = (body) => JSON.parse(body).attachments[0].content.body[0].text;
const discordText = (body) => JSON.parse(body).content;

// The bodies of the default template and of one with a value amid its text, by type.
const bodies = new Map();
function bodiesOf(type) {
  if (!bodies.has(type)) bodies.set(type, [...render(type, '', ALL), ...render(type, TEXT, ALL)]);
  return bodies.get(type);
}

test('what Slack gets has the types of @slack/types', () => {
  const declaration = `import type { SectionBlock } from '@slack/types';
    interface Body { text: string; blocks: [SectionBlock] }`;
  assert.deepEqual(typeErrors(declaration, 'Body', bodiesOf('SLACK')), []);
  const [body] = render('SLACK', 'x', ['']);
  assert.match(typeErrors(declaration, 'Body', [body.replace('mrkdwn', 'markdown')])[0], /markdown/);
});

test('what Discord gets has the types of discord-api-types', () => {
  const declaration = `import type { RESTPostAPIWebhookWithTokenJSONBody as Body } from 'discord-api-types/v10';`;
  assert.deepEqual(typeErrors(declaration, 'Body', bodiesOf('DISCORD')), []);
  const [body] = render('DISCORD', 'x', ['']);
  assert.deepEqual(JSON.parse(body), { content: 'x', allowed_mentions: { parse: [] } });
  assert.match(typeErrors(declaration, 'Body', [body.replace('"parse"', '"pars"')])[0], /pars/);
});

// Problems that the package finds in a card.
function problemsOf(card) {
  const parsed = new cards.AdaptiveCard();
  const context = new cards.SerializationContext();
  parsed.parse(card, context);
  const problems = parsed.validateProperties().validationEvents.map((event) => event.message);
  for (let i = 0; i < context.eventCount; i += 1) problems.push(context.getEventAt(i).message);
  return { problems, again: parsed.toJSON() };
}

test('what Teams gets is a message with a card that adaptivecards takes', () => {
  const declaration = `import type { IAdaptiveCard } from 'adaptivecards/lib/schema';
    interface Body { type: 'message'; attachments: [{
      contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null;
      content: IAdaptiveCard }] }`;
  assert.deepEqual(typeErrors(declaration, 'Body', bodiesOf('MICROSOFT_TEAMS')), []);
  for (const body of bodiesOf('MICROSOFT_TEAMS')) {
    const card = JSON.parse(body).attachments[0].content;
    const { problems, again } = problemsOf(structuredClone(card));
    assert.deepEqual(problems, []);
    assert.deepEqual(again, card);
  }
  const [card] = JSON.parse(bodiesOf('MICROSOFT_TEAMS')[0]).attachments;
  card.content.body[0].type = 'TextBlok';
  assert.match(problemsOf(card.content).problems[0], /TextBlok/);
});

test('every message keeps to its product\'s limits', () => {
  for (const body of bodiesOf('SLACK')) {
    assert.ok(slackText(body).length >= 1 && slackText(body).length <= 3000);
    assert.equal(JSON.parse(body).text, slackText(body));
  }
  for (const body of bodiesOf('DISCORD')) {
    assert.ok(discordText(body).length >= 1 && discordText(body).length <= 2000);
  }
  for (const body of bodiesOf('MICROSOFT_TEAMS')) assert.ok(Buffer.byteLength(body) <= 28_000);
});

test('a cut is between characters, and what follows the value stays', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const texts = [
    ...bodiesOf('SLACK').slice(-LONG.length).map(slackText),
    ...bodiesOf('DISCORD').slice(-LONG.length).map(discordText),
    ...bodiesOf('MICROSOFT_TEAMS').slice(-LONG.length).map(teamsText),
  ];
  for (const [i, text] of texts.entries()) {
    assert.ok(text.isWellFormed?.() ?? true);
    assert.ok(text.endsWith('… end'), text.slice(-20));
    const known = new Set([...segmenter.segment(LONG[i % LONG.length].slice(0, 100))].map((s) => s.segment));
    const kept = text.slice('No. 42: '.length, -'… end'.length).slice(-300);
    const last = [...segmenter.segment(kept)].at(-1).segment;
    const escaped = /^[;\\\]*`\n\u200b]|^"$/u.test(last);
    assert.ok(known.has(last) || escaped, JSON.stringify(last));
  }
});

// ---- What values become where the products' markup is read

function* nodesOf(node) {
  if (Array.isArray(node)) {
    for (const child of node) yield* nodesOf(child);
  } else if (node && typeof node === 'object') {
    if (typeof node.type !== 'undefined') yield node;
    yield* nodesOf(node.children ?? node.content ?? node.label ?? []);
  }
}

test('no value mentions or links anything in Slack', () => {
  const { NodeType } = slack;
  const template = `${TEXT} <https://desk.example/t/{{object.v}}|see {{object.v}}> last`;
  for (const body of render('SLACK', template, HOSTILE)) {
    const nodes = [...nodesOf(slack.parse(slackText(body)))];
    const links = nodes.filter((node) => node.type === NodeType.URL);
    assert.equal(links.length, 1, slackText(body));
    assert.ok(links[0].url.startsWith('https://desk.example/t/'));
    const mentions = [NodeType.ChannelLink, NodeType.UserLink, NodeType.Command];
    assert.deepEqual(nodes.filter((node) => mentions.includes(node.type)), []);
    assert.ok(slackText(body).endsWith(' last'));
    assert.equal(JSON.parse(body).blocks[0].text.verbatim, true);
  }
});

test('no value mentions, links or formats anything in Discord', () => {
  const plain = new Set(['text', 'br', 'newline', 'twemoji', 'paragraph']);
  for (const body of render('DISCORD', TEXT, HOSTILE)) {
    for (const mode of ['normal', 'extended']) {
      const types = [...nodesOf(parseDiscord(discordText(body), mode))].map((node) => node.type);
      assert.deepEqual(types.filter((type) => !plain.has(type)), [], discordText(body));
    }
  }
  const template = `${TEXT} [see](https://desk.example/t/{{object.v}}) last`;
  for (const body of render('DISCORD', template, HOSTILE)) {
    const nodes = [...nodesOf(parseDiscord(discordText(body), 'extended'))];
    const links = nodes.filter((node) => node.target !== undefined);
    assert.equal(links.length, 1, discordText(body));
    assert.ok(links[0].target.startsWith('https://desk.example/t/'));
  }
});

test('no value links or formats anything in Teams', () => {
  const markdown = new MarkdownIt();
  const inlineOf = (text) => markdown.parse(text, {}).flatMap((token) => token.children ?? []);
  const plain = new Set(['text', 'text_special', 'softbreak', 'hardbreak']);
  for (const body of render('MICROSOFT_TEAMS', TEXT, HOSTILE)) {
    const tokens = inlineOf(teamsText(body));
    assert.deepEqual(tokens.filter((token) => !plain.has(token.type)).map((token) => token.type), []);
    assert.doesNotMatch(teamsText(body), /\]\(|\{\{(DATE|TIME)\(/);
  }
  const template = `${TEXT} [see](https://desk.example/t/{{object.v}}) last`;
  for (const body of render('MICROSOFT_TEAMS', template, HOSTILE)) {
    const links = inlineOf(teamsText(body)).filter((token) => token.type === 'link_open');
    assert.equal(links.length, 1, teamsText(body));
    assert.ok(links[0].attrGet('href').startsWith('https://desk.example/t/'));
  }
});

test('a reader sees the value as it was published', () => {
  const markdown = new MarkdownIt();
  const visible = HOSTILE.filter((v) => /^[\x20-\x7e]+$/.test(v) && v.trim() === v);
  for (const [i, body] of render('MICROSOFT_TEAMS', TEXT, visible).entries()) {
    const shown = markdown.parse(teamsText(body), {}).flatMap((token) => token.children ?? [])
      .map((token) => token.content).join('').replaceAll('\u200b', '');
    assert.equal(shown, `No. 42: ${visible[i]} end`);
  }
  for (const [i, body] of render('DISCORD', TEXT, visible).entries()) {
    const shown = [...nodesOf(parseDiscord(discordText(body), 'normal'))]
      .map((node) => node.content).join('');
    assert.equal(shown, `No. 42: ${visible[i]} end`);
  }
});
