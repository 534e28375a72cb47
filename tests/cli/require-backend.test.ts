import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tryBackend } from '../../src/backends/try-backend.js';
import { requireBackend } from '../../src/cli/require-backend.js';
import type { RunSpec } from '../../src/experiments/run-spec.js';

vi.mock('../../src/backends/try-backend.js', () => ({ tryBackend: vi.fn() }));

const run = (loss: object | null) => ({ method: 'Mine', loss }) as RunSpec;
const mined = run({ name: 'margin', pairs: 'distance-weighted' });
const going = new AbortController().signal;
const found = (name: string) => ({ backend: { name } }) as ReturnType<typeof tryBackend>;

beforeEach(() => vi.stubEnv('KIT_BACKEND', ''));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.mocked(tryBackend).mockReset();
});

describe('before an experiment the backend', () => {
  it('is not tried where none is asked for and every one can compute the losses', async () => {
    await requireBackend([run(null), run({ name: 'margin', pairs: 'all' })], going);
    expect(tryBackend).not.toHaveBeenCalled();
  });

  it('is refused where it does not start, with the reason', async () => {
    vi.stubEnv('KIT_BACKEND', 'webgpu');
    vi.mocked(tryBackend).mockReturnValue({ backend: null, reason: 'no driver' });
    await expect(requireBackend([run(null)], going)).rejects.toThrow(
      /asks for webgpu.*: no driver\. Install/,
    );
  });

  it('is refused where it is webgpu and a loss reads values back in a step, asked for or chosen', async () => {
    vi.mocked(tryBackend).mockReturnValue(found('webgpu'));
    await expect(requireBackend([run(null), mined], going)).rejects.toThrow(
      /^Mine: the margin loss over mined/,
    );
    vi.mocked(tryBackend).mockReturnValue(found('tensorflow-gpu'));
    await requireBackend([mined], going);
  });

  it('is not said to be at fault where a Ctrl-C ended the process that tried it', async () => {
    vi.stubEnv('KIT_BACKEND', 'wasm');
    const stop = new AbortController();
    process.once('SIGUSR2', () => stop.abort());
    vi.mocked(tryBackend).mockImplementation(() => {
      process.kill(process.pid, 'SIGUSR2');
      return { backend: null, reason: 'its process ended with SIGINT' };
    });
    await expect(requireBackend([run(null)], stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
