import { escapedText } from '../report/escaped-text.js';
import { relativeLink } from './page-address.js';

/** The entries of every page's head line: name and address. */
const PLACES = [
  ['Losses', 'index.html#losses'],
  ['Notebooks', 'index.html#notebooks'],
  ['Documentation', 'api/index.html'],
  ['Results', 'results/index.html'],
  ['Claims', 'results/claims.html'],
  ['Source', 'source/index.html'],
] as const;

/** Before anything is drawn: the theme that the reader chose, as the documentation's own setting keeps it. */
const THEME =
  'try{document.documentElement.dataset.theme=localStorage.getItem("tsd-theme")||"os"}catch{document.documentElement.dataset.theme="os"}';

/** The line at the top of every page. @param link from an address of the site to a link on this page */
export function headLine(link: (address: string) => string): string {
  const places = PLACES.map(([name, address]) => `<a href="${link(address)}">${name}</a>`).join('');
  return `<nav class="head-line" aria-label="Site"><a class="brand" href="${link('index.html')}">angular-loss-kit</a>${places}</nav>`;
}

/** What the head of every page links to. */
export function styleLinks(link: (address: string) => string): string {
  return ['katex/katex.min.css', 'site.css']
    .map((address) => `<link rel="stylesheet" href="${link(address)}">`)
    .join('');
}

/** A whole page. @param address where it goes on the site @param body HTML, its own heading included */
export function page(address: string, title: string, body: string): string {
  const link = (to: string) => relativeLink(address, to) || '#';
  return `<!doctype html>
<html lang="en" data-theme="os"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapedText(title)} · angular-loss-kit</title><script>${THEME}</script>${styleLinks(link)}</head>
<body class="own">${headLine(link)}
<main>
${body}
</main></body></html>
`;
}
