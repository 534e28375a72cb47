/**
 * How a picture becomes a network's square input. `whole`: stretched to it. `centre`: resized, and the middle cut out (the
 * field's test protocol). `random-0`, `random-1`, …: cut out somewhere, mirrored or not (its training protocol), drawn with
 * the picture's digest as the seed.
 */
export type PictureView = 'whole' | 'centre' | `random-${number}`;
