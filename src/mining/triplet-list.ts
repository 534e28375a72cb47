import { KitError } from '../kit-error.js';

/** Row indices, one column a role, all of one length. */
export interface Triplets {
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
  readonly negatives: Int32Array;
}

/** 2²⁶ triplets, 768 MiB of indices: more than that belongs into a sampler. */
const DEFAULT_MOST = 2 ** 26;

/** Triplets in columns that grow as they come: twelve bytes each, whatever the dimension. */
export class TripletList {
  private rows = new Int32Array(3 * 1024);
  private count = 0;

  /** @param most refuses to grow past this many */
  constructor(private readonly most = DEFAULT_MOST) {}

  /** @throws KitError `out-of-memory` past the most */
  add(anchor: number, positive: number, negative: number): void {
    if (this.count === this.most) {
      throw new KitError(
        'out-of-memory',
        `There are more than ${this.most} triplets. Mine smaller batches, or a miner that keeps fewer (semi-hard, batch-hard, distance-weighted).`,
      );
    }
    if (this.rows.length === 3 * this.count) {
      const grown = new Int32Array(2 * this.rows.length);
      grown.set(this.rows);
      this.rows = grown;
    }
    const at = 3 * this.count++;
    this.rows[at] = anchor;
    this.rows[at + 1] = positive;
    this.rows[at + 2] = negative;
  }

  columns(): Triplets {
    const column = (role: number) =>
      Int32Array.from({ length: this.count }, (_, i) => this.rows[3 * i + role]);
    return { anchors: column(0), positives: column(1), negatives: column(2) };
  }
}
