import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { temporaryFolder } from '../picture-folder.js';

const emoji = readFileSync('experiments/emoji.json', 'utf8');

function read(content: string | Buffer) {
  const path = join(temporaryFolder(), 'mine.json');
  writeFileSync(path, content);
  return readExperiment(path, { profile: 'smoke' });
}

function changed(change: (file: { methods: { method: string; tries?: object }[] }) => void): string {
  const file = JSON.parse(emoji);
  change(file);
  return JSON.stringify(file);
}

const utf16be = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16();

describe('an experiment file', () => {
  it.each([
    ['UTF-8 with a byte order mark', `\ufeff${emoji}`],
    ['UTF-16, little end first', Buffer.from(`\ufeff${emoji}`, 'utf16le')],
    ['UTF-16, big end first', utf16be(emoji)],
    ['lines that end as Windows ends them', emoji.replaceAll('\n', '\r\n')],
  ])('in %s gives the same runs', (_, content) => {
    expect(read(content)).toEqual(readExperiment('experiments/emoji.json', { profile: 'smoke' }));
  });

  it.each([
    ['a line comment', `// mine\n${emoji}`, /line 1, column 1: a comment, which JSON does not have/],
    ['a block comment', emoji.replace('"base"', '/* all */ "base"'), /line 4, column 3: a comment/],
    [
      'a comma after the last entry',
      `${emoji.trimEnd().slice(0, -1).trimEnd()},\n}`,
      /line \d+, column 1: a comma before the closing } \(the one in line \d+, column 4\); remove it/,
    ],
    [
      'a comma before a closing bracket',
      '{"a": [1,\n 2, ]}',
      /line 2, column 5: a comma before the closing \]/,
    ],
    ['a name without quotes', '{ name: 1 }', /line 1, column 3: .*found "name"/],
    ['single quotes', "{ 'name': 1 }", /line 1, column 3: /],
    ['no comma', '{ "a": 1\n "b": 2 }', /line 2, column 2: expected a comma/],
    ['no end', '{ "a": [1, 2', /line 1, column 13: the file ends before the closing \]/],
    ['two values', '{} {}', /line 1, column 4: more text after the end/],
    ['nothing', ' \n', /the file is empty/],
    ['numbers that JSON lacks', '{ "a": NaN }', /line 1, column 8: expected a value, found "NaN"/],
  ])('with %s is refused at its line and column', (_, content, message) => {
    expect(() => read(content)).toThrow(message);
    expect(() => read(content)).toThrow(/mine\.json is not JSON/);
  });

  it('with two methods of one name is refused, since their records would be averaged as seeds', () => {
    const twice = changed(({ methods }) => methods.push({ ...methods[2] }));
    expect(() => read(twice)).toThrow(
      /two methods are named "Triplet \(semi-hard\)"; they would be averaged/,
    );
    const tries = changed(({ methods }) => {
      methods.push({ ...methods[2], method: 'A', tries: { 'b · c': {} } });
      methods.push({ ...methods[2], method: 'A · b', tries: { c: {} } });
    });
    expect(() => read(tries)).toThrow(/two methods are named "A · b · c"/);
  });

  it('runs its default profile where none is named, else "quick", else its first', () => {
    const name = (content: object) => {
      const path = join(temporaryFolder(), 'mine.json');
      writeFileSync(path, JSON.stringify(content));
      return readExperiment(path, {}).name;
    };
    const { smoke, quick, full } = JSON.parse(emoji).profiles;
    const file = JSON.parse(emoji);
    expect(name({ ...file, defaultProfile: 'smoke' })).toBe('emoji-smoke');
    expect(name({ ...file, profiles: { smoke, quick } })).toBe('emoji-quick');
    expect(name({ ...file, profiles: { full, smoke } })).toBe('emoji-full');
  });
});
