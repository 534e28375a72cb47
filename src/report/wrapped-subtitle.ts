const SUBTITLE_LETTERS = 76;

/** Breaks at the middle dots, so that a long subtitle does not widen the chart. */
export function wrappedSubtitle(subtitle: string): string[] {
  const lines: string[] = [];
  for (const part of subtitle.split(' · ')) {
    const joined = `${lines.at(-1)} · ${part}`;
    if (lines.length > 0 && joined.length <= SUBTITLE_LETTERS) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}
