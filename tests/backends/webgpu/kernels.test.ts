import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const hasWeights = existsSync(join(process.env.KIT_DATA ?? 'datasets', 'googlenet', 'weights'));
const isAsked = process.env.KIT_TEST_WEBGPU === '1';

/** The same script runs on a machine with a GPU and nothing but the built kit. */
function check(...parts: string[]): string {
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(__dirname, '../../../bench/webgpu-check.mjs'), ...parts],
    { encoding: 'utf8', env: { ...process.env, KIT_BACKEND: 'webgpu', KIT_WEBGPU_SOFTWARE: '1' } },
  );
  return status === 0 ? 'all right' : stdout;
}

describe.skipIf(!isAsked)('the WebGPU kernels (only with KIT_TEST_WEBGPU=1)', () => {
  it('equal the cpu backend in value and gradients', { timeout: 600_000 }, () => {
    expect(check('kernels')).toBe('all right');
  });

  it('give every loss and its gradient as wasm does, and the same bits twice', { timeout: 600_000 }, () => {
    expect(check('losses', 'repeat')).toBe('all right');
  });

  it.skipIf(!hasWeights)(
    'give all layers of GoogLeNet their outputs and gradients as wasm does',
    { timeout: 600_000 },
    () => {
      expect(check('network', '--pictures', '4')).toBe('all right');
    },
  );

  it('add a first convolution’s long sums as exactly as float32 can', { timeout: 600_000 }, () => {
    expect(check('sums')).toBe('all right');
  });
});
