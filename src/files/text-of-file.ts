import { readFileSync } from 'node:fs';

const UTF_16 = [
  { mark: [0xff, 0xfe], name: 'utf-16le' },
  { mark: [0xfe, 0xff], name: 'utf-16be' },
] as const;

/** The text of a file, UTF-8, or UTF-16 with a byte order mark as Windows' programs write it; without the mark. */
export function textOfFile(path: string): string {
  const bytes = readFileSync(path);
  const wide = UTF_16.find(({ mark }) => mark.every((byte, i) => bytes[i] === byte));
  return new TextDecoder(wide?.name ?? 'utf-8').decode(bytes);
}
