const SUBTITLE_LETTERS = 76;

/** Breaks at the middle dots, and between the words of what is longer, so that a long subtitle does not widen the chart. */
export function wrappedSubtitle(subtitle: string): string[] {
  return filled(subtitle.split(' · '), ' · ').flatMap((line) =>
    line.length <= SUBTITLE_LETTERS ? line : filled(line.split(' '), ' '),
  );
}

function filled(parts: readonly string[], between: string): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const joined = `${lines.at(-1)}${between}${part}`;
    if (lines.length > 0 && joined.length <= SUBTITLE_LETTERS) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}
