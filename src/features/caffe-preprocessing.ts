import type { PictureView } from './picture-view.js';
import type { Preprocessing } from './preprocessing.js';

/**
 * Of Caffe's networks: planes blue, green, red, 0 to 255 minus the mean of ImageNet. `whole` is stretched to the side that
 * the network was trained at; the other views are 227×227 of 256×256, whatever that side is, as the field does it.
 *
 * @param inputSize side in pixels that the network was trained at
 */
export function caffePreprocessing(inputSize: number, view: PictureView): Preprocessing {
  const [resize, crop] = view === 'whole' ? [inputSize, inputSize] : [256, 227];
  return {
    fit: 'stretch',
    resize,
    crop,
    interpolation: 'libvips',
    channels: 'bgr',
    mean: [104, 117, 123],
    deviation: [1, 1, 1],
  };
}
