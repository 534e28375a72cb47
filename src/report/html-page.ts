import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../experiments/environment.js';
import { escapedText } from './escaped-text.js';

/** What marks a page as the kit's. */
export const PAGE_MARK = /<meta name="generator" content="angular-loss-kit">/;

/** A whole page in the kit's style, its style sheet inside. @param body HTML that follows the title */
export function htmlPage(title: string, body: string): string {
  const style = readFileSync(join(projectRoot, 'src', 'report', 'page.css'), 'utf8');
  const text = escapedText(title);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="angular-loss-kit">
<title>${text}</title>
<style>${style}</style></head><body>
<h1>${text}</h1>
${body}
</body></html>
`;
}
