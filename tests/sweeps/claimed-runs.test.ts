import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { Claims } from '../../src/files/claim.js';
import { ClaimedRuns } from '../../src/sweeps/claimed-runs.js';
import { temporaryFolder } from '../picture-folder.js';

describe('runs that are claimed', () => {
  const { specs } = readExperiment('experiments/emoji.json', { profile: 'smoke' });

  function inResults() {
    const results = join(temporaryFolder(), 'results');
    mkdirSync(results);
    const proof = join(results, 'sweep.json');
    writeFileSync(proof, '{}');
    const queue = new ClaimedRuns(specs, { results, proof, signal: new AbortController().signal });
    return { results, queue };
  }

  it('make no folder in the place of results that went away', async () => {
    const { results, queue } = inResults();
    renameSync(results, `${results}-away`);
    await expect(queue.next()).rejects.toThrow(/The results folder went away: .*sweep\.json/);
    expect(existsSync(results)).toBe(false);
  });

  it('say that the results went away also where that happens while one is claimed', async () => {
    const { results, queue } = inResults();
    const take = vi.spyOn(Claims.prototype, 'take').mockImplementationOnce(() => {
      renameSync(results, `${results}-away`);
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    });
    await expect(queue.next()).rejects.toThrow(/The results folder went away/);
    take.mockRestore();
  });
});
