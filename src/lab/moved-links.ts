import { dirname, join, relative, resolve, sep } from 'node:path';

/**
 * The text of a notebook for a copy of it in another folder: relative links lead where they led. Those to notebooks beside it stay,
 * since copies of these are beside the copy.
 *
 * @param from path of the notebook
 * @param to path of the copy
 */
export function movedLinks(text: string, from: string, to: string): string {
  return text.replace(/\]\(([^)\s]+)\)/g, (link, target: string) => {
    const isElsewhere = /^([a-z][a-z0-9+.-]*:|[/#])/i.test(target);
    if (isElsewhere || /^[^/]+\.ipynb(#|$)/.test(target)) return link;
    const place = join(dirname(resolve(from)), target);
    return `](${relative(dirname(resolve(to)), place)
      .split(sep)
      .join('/')})`;
  });
}
