import { expect, it } from 'vitest';
import { namedLabels } from '../../src/evaluation/label-names.js';

it('words that look the same are one class, whether accents are written apart or not', () => {
  const names = ['Größe'.normalize('NFC'), 'Größe'.normalize('NFD'), 'Maß'];
  expect(namedLabels(names, 'test')).toEqual({
    labels: Int32Array.of(0, 0, 1),
    classNames: ['Größe'.normalize('NFC'), 'Maß'],
  });
});
