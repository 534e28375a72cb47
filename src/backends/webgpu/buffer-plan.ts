/** A buffer that a list of operations uses from its operation `first` to its operation `last`, both included. */
export interface BufferLife {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface BufferPlan {
  /** Bytes of each buffer that is really made. */
  readonly sizes: readonly number[];
  /** For each life the index in `sizes` of the buffer that it is given. */
  readonly assigned: readonly number[];
}

/**
 * Shares few buffers among many lives of which no two that overlap get the same one: the largest first, each into the
 * smallest buffer that is free all its life (Pisarchyk & Lee 2020, "Efficient memory management for deep neural net
 * inference", greedy by size). Buffers are not cut: WebGPU forbids one operation to read and write parts of one buffer.
 */
export function planBuffers(lives: readonly BufferLife[]): BufferPlan {
  const sizes: number[] = [];
  const tenants: BufferLife[][] = [];
  const assigned = new Array<number>(lives.length);
  const largestFirst = lives.map((_, i) => i).sort((a, b) => lives[b].bytes - lives[a].bytes || a - b);
  for (const i of largestFirst) {
    const life = lives[i];
    // Sizes fall from front to back, so the last that is free is the smallest.
    let slot = tenants.findLastIndex((others) =>
      others.every((other) => other.last < life.first || life.last < other.first),
    );
    if (slot < 0) {
      slot = sizes.push(life.bytes) - 1;
      tenants.push([]);
    }
    tenants[slot].push(life);
    assigned[i] = slot;
  }
  return { sizes, assigned };
}

/** Bytes of all lives at the operation where they are most: no plan needs less. */
export function peakBytes(lives: readonly BufferLife[]): number {
  const changes = new Map<number, number>();
  for (const { bytes, first, last } of lives) {
    changes.set(first, (changes.get(first) ?? 0) + bytes);
    changes.set(last + 1, (changes.get(last + 1) ?? 0) - bytes);
  }
  let live = 0;
  let peak = 0;
  for (const [, change] of [...changes].sort(([a], [b]) => a - b)) {
    live += change;
    peak = Math.max(peak, live);
  }
  return peak;
}
