import type { RunRecord } from '../types/run-record.js';

/** Colours that colour-blind eyes tell apart (Okabe & Ito 2008), without its yellow, which is faint on white. */
const COLOURS: Readonly<Record<string, string>> = {
  'n-pair-angular': '#0072B2',
  angular: '#D55E00',
  triplet: '#009E73',
  'lifted-structure': '#CC79A7',
  contrastive: '#E69F00',
  'n-pair': '#56B4E9',
  // Later losses, beside which the six may stand: darker and less bright than those.
  'multi-similarity': '#7B4B94',
  margin: '#8C6D1F',
  'proxy-nca': '#9E2A2B',
  'proxy-anchor': '#2F4B26',
  'angular-hinge': '#8A3B00',
  'triplet-hinge': '#00614A',
};

/** Of losses that are not the kit's own, in the order in which they come. */
const OTHERS = ['#444B6E', '#A23B72', '#5C7C2B', '#B08968'];

/**
 * One colour a loss, in every chart of the kit.
 *
 * @param name as a spec has it, for example `n-pair-angular`
 * @param order among losses that are not the kit's own
 */
export function lossColour(name: string, order = 0): string {
  return COLOURS[name] ?? OTHERS[order % OTHERS.length];
}

/** The loss of a run as `lossColour` takes it: its name, or its file where it is not the kit's own. */
export function lossOf({ spec, method }: RunRecord): string {
  const { name, module } = (spec.loss ?? {}) as { readonly name?: string; readonly module?: string };
  return name ?? module ?? method;
}
