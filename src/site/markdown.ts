import equations from '@vscode/markdown-it-katex';
import katex from 'katex';
import MarkdownIt from 'markdown-it';
import type { Highlight } from './highlight.js';

/** What one page's texts share. */
export interface PageContext {
  /** From what stands in the text to what stands on the page. */
  link(target: string): string;
  /** How often each anchor of a heading was given. */
  readonly headings: Map<string, number>;
}

export interface Markdown {
  render(text: string, page: PageContext): string;
}

/** As code hosts make anchors of headings. */
function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** Equations for a parser of Markdown: `$…$` and `$$…$$`, typeset when the page is made. */
export function typesetEquations(parser: MarkdownIt): void {
  // What KaTeX can't read is marked in the page, where the check of the whole site finds it. Told not to throw, KaTeX itself marks
  // some faults by colour alone.
  const strict: typeof katex = {
    ...katex,
    renderToString: (equation, options) => katex.renderToString(equation, { ...options, throwOnError: true }),
  };
  parser.use(equations, { katex: strict });
}

/** Markdown as code hosts and notebooks have it. */
export function markdown(highlight: Highlight): Markdown {
  const parser = new MarkdownIt({
    html: true,
    linkify: false,
    highlight: (code, language) => highlight(code, language),
  });
  parser.use(typesetEquations);
  parser.renderer.rules.heading_open = (tokens, at, options, env: PageContext, self) => {
    const slug = slugOf(tokens[at + 1].content);
    const before = env.headings.get(slug) ?? 0;
    env.headings.set(slug, before + 1);
    tokens[at].attrSet('id', before === 0 ? slug : `${slug}-${before}`);
    return self.renderToken(tokens, at, options);
  };
  for (const [rule, attribute] of [
    ['link_open', 'href'],
    ['image', 'src'],
  ]) {
    const original = parser.renderer.rules[rule];
    parser.renderer.rules[rule] = (tokens, at, options, env: PageContext, self) => {
      const target = tokens[at].attrGet(attribute);
      if (target !== null) tokens[at].attrSet(attribute, env.link(decodeURI(target)));
      return original?.(tokens, at, options, env, self) ?? self.renderToken(tokens, at, options);
    };
  }
  parser.renderer.rules.table_open = () => '<div class="scroll"><table>';
  parser.renderer.rules.table_close = () => '</table></div>';
  return { render: (text, page) => parser.render(text, page) };
}
