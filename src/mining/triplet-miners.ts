import { tangentSquared } from '../geometry/tangent-squared.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import { filteredTriplets } from './filtered-triplets.js';
import type { Triplets } from './triplet-list.js';

export interface MinerOptions {
  /** Refuse to return more triplets than this; default 2²⁶. */
  readonly most?: number;
}

/** Every (anchor, positive, negative): Σ over anchors of (class size − 1)(n − class size). */
export function allTriplets(table: EmbeddingTable, options: MinerOptions = {}): Triplets {
  return filteredTriplets(table, () => true, options);
}

/** Hard: the negative is nearer to the anchor than the positive. */
export function hardTriplets(table: EmbeddingTable, options: MinerOptions = {}): Triplets {
  return filteredTriplets(
    table,
    (anchorPositive, anchorNegative) => anchorNegative < anchorPositive,
    options,
  );
}

/**
 * Semi-hard (Schroff et al. 2015, section 3.2): the negative is farther than the positive, but by less than the
 * margin, in squared distance.
 */
export function semiHardTriplets(
  table: EmbeddingTable,
  options: MinerOptions & { readonly margin?: number } = {},
): Triplets {
  const { margin = 0.2 } = options;
  return filteredTriplets(
    table,
    (anchorPositive, anchorNegative) =>
      anchorNegative > anchorPositive && anchorNegative < anchorPositive + margin,
    options,
  );
}

/**
 * Angular: ∠n′ > α, that is ‖a−p‖² > 4 tan²α ‖n−c‖²: the triplets on which the angular hinge is not silent. ‖n−c‖² comes
 * from the sides alone (the median's length): ½‖a−n‖² + ½‖p−n‖² − ¼‖a−p‖².
 *
 * @param options.alphaDegrees in degrees, between 0 and 90, default 45
 * @throws KitError `invalid-argument` for another α
 */
export function angularTriplets(
  table: EmbeddingTable,
  options: MinerOptions & { readonly alphaDegrees?: number } = {},
): Triplets {
  const { alphaDegrees = 45 } = options;
  const t = tangentSquared(alphaDegrees);
  return filteredTriplets(
    table,
    (anchorPositive, anchorNegative, positiveNegative) =>
      anchorPositive > 4 * t * (anchorNegative / 2 + positiveNegative / 2 - anchorPositive / 4),
    options,
  );
}
