import { availableParallelism } from 'node:os';

/** Beyond 16 threads a slice of a block gets so narrow that matrix products are summed in another order. */
const MOST_THREADS = 16;

let threads = 0;

/**
 * Threads of the neighbour search and of k-means; 0, the default, takes every core. No result depends on it.
 */
export function setEvaluationThreads(count: number): void {
  threads = count;
}

export function evaluationThreads(): number {
  return Math.min(MOST_THREADS, threads || availableParallelism());
}
