import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../picture-folder.js';

const standIn = resolve('vendor', 'adm-zip');

describe('npm ci fetches npm packages and nothing else', () => {
  const folder = join(dirname(require.resolve('@tensorflow/tfjs/package.json')), '..', 'tfjs-node-gpu');

  it('tfjs-node-gpu loads the stand-in, by package.json and lock', () => {
    const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
    expect(json('package.json').overrides['@tensorflow/tfjs-node-gpu']).toEqual({ 'adm-zip': '$adm-zip' });
    const { packages } = json('package-lock.json');
    expect(packages['node_modules/adm-zip']).toMatchObject({ resolved: 'vendor/adm-zip', link: true });
    expect(packages['node_modules/@tensorflow/tfjs-node-gpu/node_modules/adm-zip']).toBeUndefined();
  });

  it.each(['ci', 'install', 'update'])('its install step ends at once within npm %s', (command) => {
    const program = existsSync(folder)
      ? [join(folder, 'scripts', 'install.js'), 'gpu', 'download']
      : ['-e', `require(${JSON.stringify(standIn)}); console.log('goes on')`];
    const { status, stdout, stderr } = spawnSync(process.execPath, program, {
      encoding: 'utf8',
      env: { ...process.env, npm_command: command, npm_lifecycle_event: 'install' },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(join(folder, 'deps'))).toBe(false);
  });

  it('goes on within npm rebuild', () => {
    const { stdout } = spawnSync(
      process.execPath,
      ['-e', `require(${JSON.stringify(standIn)}); console.log('goes on')`],
      { encoding: 'utf8', env: { ...process.env, npm_command: 'rebuild', npm_lifecycle_event: 'install' } },
    );
    expect(stdout).toBe('goes on\n');
  });
});

describe('npm run before npm ci', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const first = (script: string) => script.split(' && ')[0];

  it.each(Object.entries(scripts))(
    '%s asks first whether it is installed, or begins with one that does',
    (_, script) => {
      const [, other] = /^npm run (\S+)$/.exec(first(script)) ?? [];
      expect(other === undefined ? first(script) : first(scripts[other])).toMatch(
        /^node bin\/require-installed\.cjs/,
      );
    },
  );

  it('says what to run, in a sentence, and then what to build', () => {
    const folder = temporaryFolder();
    cpSync('bin', join(folder, 'bin'), { recursive: true });
    const ask = (...args: string[]) =>
      spawnSync(process.execPath, [join(folder, 'bin', 'require-installed.cjs'), ...args], {
        encoding: 'utf8',
      });
    for (const args of [[], ['built']]) {
      expect(ask(...args).status).toBe(1);
      expect(ask(...args).stderr).toMatch(
        /^\nThe packages of angular-loss-kit are not installed.*"npm ci".*\n$/,
      );
    }
    mkdirSync(join(folder, 'node_modules', 'typescript'), { recursive: true });
    expect(ask().status).toBe(0);
    expect(ask('built').stderr).toMatch(/not built.*"npm run build"/);
  });
});
