import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedInTasks, runsOfTask, tasksFor } from '../../src/sweeps/task-packing.js';

const runsOf = (seconds: readonly number[]) => seconds.map((one, index) => ({ index, seconds: one }));

describe('packing', () => {
  it('puts short runs together until a task lasts as long as asked', () => {
    const runs = runsOf(Array.from({ length: 100 }, () => 30));
    expect(tasksFor(runs, 600)).toBe(5);
    expect(packedInTasks(runs, 5).map((task) => task.length)).toEqual([20, 20, 20, 20, 20]);
  });

  it('never makes more tasks than runs, and always one', () => {
    expect(tasksFor(runsOf([9000, 9000]), 600)).toBe(2);
    expect(tasksFor(runsOf([1, 1]), 600)).toBe(1);
    expect(packedInTasks(runsOf([0, 0]), 1).flat()).toHaveLength(2);
  });

  it('has every run in one task, in their order, whatever their lengths and however many tasks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 300 }),
        (seconds, count) => {
          const runs = runsOf(seconds);
          const tasks = packedInTasks(runs, count);
          expect(tasks).toHaveLength(count);
          expect(tasks.flat()).toEqual(runs);
        },
      ),
    );
  });

  it('of equal runs differs by one run a task at most', () => {
    const sizes = packedInTasks(runsOf(Array.from({ length: 23 }, () => 7)), 4).map((task) => task.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('says how many tasks there are where one is asked for that is not', () => {
    expect(() => runsOfTask(runsOf([1, 2]), { index: 2, count: 2 })).toThrow(
      /no task 2: of 2, counted from 0, the last is 1/,
    );
  });
});
