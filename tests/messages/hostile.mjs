// Values that an event may hold to speak with the webhook's voice.
export const HOSTILE = [
  '<!channel>', '<!here|here>', '<@U024BE7LH>', '<#C024BE7LR|general>', '<!subteam^S1>',
  '<https://evil.example|Log in>', 'https://evil.example/login', 'mailto:a@evil.example',
  '@everyone', '@here', '<@123456789012345678>', '<@&123456789012345678>',
  '<#123456789012345678>', '<:a:123456789012345678>', '<a:b:123456789012345678>',
  '<t:1618953630:R>', '</help:123456789012345678>', '<id:customize>',
  '[Log in](https://evil.example)', '![x](https://evil.example/x.png)',
  '[x]: https://evil.example\n[x]', '<https://evil.example>', '](https://evil.example)',
  '[a](b)](https://evil.example)', '\\[a\\](https://evil.example)', '<at>Everyone</at>',
  '**bold** __under__ *it* _it_ ~~s~~ ~s~ ||spoiler||', '# heading', '-# small', '> quote',
  '>>> quote', '`code`', '```\nblock\n```', '``', '`', '\\', '\\\\', '\\`',
  '{{DATE(2020-01-01T00:00:00Z)}}', '${body}', '&lt;!channel&gt;', '&amp;lt;',
  '"},"allowed_mentions":{"parse":["everyone"]},"x":{"y":"', '</script>',
  '\u0000\u0001\u001b[31m\u007f\u0085', 'a\u202egnp.exe', '\u2066x', 'شكرا', 'שלום',
  'line\nline\r\nline\rline', '\t', '   ', '', '\u2028\u2029', '\ufeff', 'e\u0301',
  '👩‍👩‍👧‍👦', '🇩🇪🇫🇷', '👍🏽',
];

const MEGABYTE = 1_000_000;
const fill = (piece) => piece.repeat(Math.ceil((MEGABYTE / 2) / Buffer.byteLength(JSON.stringify(piece))));

// Values longer than any product takes.
export const LONG = ['a', '😀', '👩‍👩‍👧‍👦', '🇩🇪', '<', '&', '*', '`', ']( ', '"', '\\', '\n', '\u0001x', 'ש',
  'word '].map(fill);
