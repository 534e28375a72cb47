import { readFileSync } from 'node:fs';

/** Of an installed package. @throws where it is not installed */
export function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as {
    version: string;
  };
  return version;
}
