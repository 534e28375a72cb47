// Before every npm script: a sentence in place of a stack trace where `npm ci` has not been run. Plain JavaScript, no packages.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const isThere = (...path) => existsSync(join(root, ...path));

if (!isThere('node_modules', 'typescript'))
  stop(`The packages of angular-loss-kit are not installed in ${root}. Run "npm ci" there, which also builds, then this again.`);
if (process.argv[2] === 'built' && !isThere('dist', 'cli', 'main.js'))
  stop(`angular-loss-kit is not built in ${root}. Run "npm run build" there, then this again.`);

function stop(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}
