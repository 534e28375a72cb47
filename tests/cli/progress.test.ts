import { afterEach, describe, expect, it, vi } from 'vitest';
import { trainingProgress } from '../../src/cli/progress.js';
import type { RunSpec } from '../../src/experiments/run-spec.js';

const run = (method: string, seed: number, steps: number) =>
  ({ method, seed, steps, loss: null, model: { name: 'raw-pixels' } }) as RunSpec;
const SECOND = 1000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What a progress without a terminal has printed, and a clock to let time go by. */
function linesOf(specs: readonly RunSpec[]) {
  vi.useFakeTimers();
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  return {
    progress: trainingProgress(specs),
    lines,
    elapse: (seconds: number) => vi.advanceTimersByTime(seconds * SECOND),
  };
}

describe('the progress of runs', () => {
  it('estimates from the steps alone, however long a run was prepared before its first', () => {
    const spec = run('Triplet', 0, 100);
    const { progress, lines, elapse } = linesOf([spec]);
    elapse(300);
    progress.step(spec, 0);
    elapse(10);
    progress.step(spec, 1);
    elapse(30);
    progress.step(spec, 4);
    expect(lines).toEqual([
      '0% · 0/1 runs · … steps/s · … left · Triplet, seed 0\n',
      '4% · 0/1 runs · 10.0 s a step · 16 min left · Triplet, seed 0\n',
    ]);
  });

  it('says what goes on before the first step and between steps, without an estimate from it', () => {
    const spec = run('Triplet', 0, 100);
    const { progress, lines, elapse } = linesOf([spec]);
    elapse(40);
    progress.embedded(spec, 64, 3200);
    elapse(300);
    progress.step(spec, 0);
    elapse(20);
    progress.step(spec, 2);
    expect(lines).toEqual([
      '0% · 0/1 runs · … steps/s · … left · Triplet, seed 0, 64 of 3200 pictures embedded\n',
      '0% · 0/1 runs · … steps/s · … left · Triplet, seed 0\n',
    ]);
    elapse(20);
    progress.step(spec, 4);
    expect(lines.at(-1)).toBe('4% · 0/1 runs · 10.0 s a step · 16 min left · Triplet, seed 0\n');
  });

  it('leaves out the steps that an earlier process made', () => {
    const spec = run('Triplet', 0, 1000);
    const { progress, lines, elapse } = linesOf([spec]);
    progress.step(spec, 700);
    elapse(40);
    progress.step(spec, 900);
    expect(lines).toEqual(['90% · 0/1 runs · 5.0 steps/s · 20 s left · Triplet, seed 0\n']);
  });

  it('takes no estimate from a run that trains nothing', () => {
    const specs = [run('Raw pixels', 0, 0), run('Triplet', 0, 100)];
    const { progress, lines, elapse } = linesOf(specs);
    elapse(100);
    progress.done(specs[0]);
    elapse(100);
    progress.step(specs[1], 0);
    elapse(40);
    progress.step(specs[1], 4);
    expect(lines).toEqual([
      '0% · 1/2 runs · … steps/s · … left · Raw pixels, seed 0\n',
      '0% · 1/2 runs · … steps/s · … left · Triplet, seed 0\n',
      '4% · 1/2 runs · 10.0 s a step · 16 min left · Triplet, seed 0\n',
    ]);
  });

  it('counts runs that train nothing and runs side by side together', () => {
    const specs = [run('Raw pixels', 0, 0), run('Triplet', 0, 50), run('Triplet', 1, 50)];
    const { progress, lines, elapse } = linesOf(specs);
    progress.done(specs[0]);
    progress.step(specs[1], 0);
    progress.step(specs[2], 0);
    elapse(31);
    progress.step(specs[1], 30);
    elapse(31);
    progress.done(specs[1]);
    expect(lines).toEqual([
      '30% · 1/3 runs · 1.0 steps/s · 72 s left · Triplet, seed 0\n',
      '50% · 2/3 runs · 0.8 steps/s · 62 s left · Triplet, seed 0\n',
    ]);
  });
});
