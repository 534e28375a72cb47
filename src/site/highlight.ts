import type { Highlighter } from 'shiki';

const LANGUAGES: Readonly<Record<string, string>> = {
  ts: 'typescript',
  typescript: 'typescript',
  mjs: 'javascript',
  cjs: 'javascript',
  js: 'javascript',
  javascript: 'javascript',
  py: 'python',
  python: 'python',
  css: 'css',
  json: 'json',
  yml: 'yaml',
  yaml: 'yaml',
  sh: 'shellscript',
  bash: 'shellscript',
};

/**
 * Code as HTML, coloured for a light and a dark page; plain where the language is not known.
 *
 * @param lineAnchors gives every line the id `L<number>`
 */
export type Highlight = (code: string, language: string, lineAnchors?: boolean) => string;

export async function loadHighlight(): Promise<Highlight> {
  const { createHighlighter } = await import('shiki');
  const highlighter: Highlighter = await createHighlighter({
    themes: ['github-light', 'github-dark'],
    langs: [...new Set(Object.values(LANGUAGES))],
  });
  return (code, language, lineAnchors = false) =>
    highlighter.codeToHtml(code.replace(/\n$/, ''), {
      lang: LANGUAGES[language] ?? 'text',
      themes: { light: 'github-light', dark: 'github-dark' },
      transformers: lineAnchors
        ? [
            {
              line(node, line) {
                node.properties.id = `L${line}`;
              },
            },
          ]
        : [],
    });
}
