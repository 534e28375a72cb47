import { describe, expect, it } from 'vitest';
import * as kit from '../../src/index.js';

const proxies = { classes: [0, 1], dimension: 2, random: new kit.SeededRandom('options') };
/** Each loss with options that it needs, and an option that it takes. */
const losses = {
  angularLoss: [kit.angularLoss, {}, 'alphaDegrees'],
  angularHingeLoss: [kit.angularHingeLoss, {}, 'alphaDegrees'],
  nPairAngularLoss: [kit.nPairAngularLoss, {}, 'lambda'],
  nPairLoss: [kit.nPairLoss, {}, 'l2'],
  tripletLoss: [kit.tripletLoss, {}, 'margin'],
  tripletHingeLoss: [kit.tripletHingeLoss, {}, 'margin'],
  contrastiveLoss: [kit.contrastiveLoss, {}, 'margin'],
  liftedStructureLoss: [kit.liftedStructureLoss, {}, 'margin'],
  marginLoss: [kit.marginLoss, {}, 'beta'],
  multiSimilarityLoss: [kit.multiSimilarityLoss, {}, 'alpha'],
  proxyAnchorLoss: [kit.proxyAnchorLoss, proxies, 'scale'],
  proxyNcaLoss: [kit.proxyNcaLoss, proxies, 'dimension'],
} as const;
type Make = (options: unknown) => unknown;
const make = (name: string) => losses[name as keyof typeof losses][0] as Make;

describe.each(Object.entries(losses))('%s', (name, [, own, option]) => {
  it('refuses an option that it does not have, in place of computing with a default', () => {
    const refused = () => make(name)({ ...own, Alpha: 60 });
    expect(refused).toThrow(kit.KitError);
    expect(refused).toThrow(new RegExp(`^${name} has no option "Alpha"; it takes .*${option}`));
  });

  it('refuses a value that is no number, and options that are none', () => {
    expect(() => make(name)({ ...own, [option]: '45' })).toThrow(new RegExp(`${option} .*"45"`));
    expect(() => make(name)({ ...own, [option]: Number.NaN })).toThrow(kit.KitError);
    expect(() => make(name)(60)).toThrow(/takes an object of its options \(.*\); found 60/);
  });

  it('takes undefined for the default', () => {
    expect(() =>
      make(name)({ ...own, ...(option === 'dimension' ? {} : { [option]: undefined }) }),
    ).not.toThrow();
  });
});

it.each([
  [
    'angularLoss',
    { negatives: 'all' },
    /angularLoss has negatives "all"; it can be "other-positives" or "other-classes"/,
  ],
  ['angularLoss', { normalize: true }, /angularLoss has normalize true; it can be "none" or "all"/],
  ['angularLoss', { alphaDegrees: Number.NaN }, /alphaDegrees is NaN; α is an angle in degrees/],
  ['nPairAngularLoss', { normalize: 'both' }, /"none" or "all" or "angular"/],
  ['tripletLoss', { mining: 'hard' }, /"all" or "semi-hard" or "batch-hard"/],
  ['tripletLoss', { margin: 'hard' }, /it can be a finite number or "soft"/],
  ['tripletLoss', { distance: 'cosine' }, /"squared" or "euclidean"/],
  ['contrastiveLoss', { mean: 'all' }, /"pairs" or "kinds"/],
  ['marginLoss', { normalize: false }, /"none" or "all"/],
])('%s refuses %o, with what it can be', (name, options, message) => {
  expect(() => make(name)(options)).toThrow(message);
});
