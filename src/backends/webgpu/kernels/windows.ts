import * as tf from '@tensorflow/tfjs';

/** The windows that a convolution or pooling lays over pictures [batch, imageHeight, imageWidth, channels]. */
export interface Windows {
  readonly batch: number;
  readonly imageHeight: number;
  readonly imageWidth: number;
  readonly channels: number;
  /** Of one window. */
  readonly height: number;
  readonly width: number;
  /** How many there are. */
  readonly down: number;
  readonly across: number;
  readonly strideDown: number;
  readonly strideAcross: number;
  /** How far the first reaches beyond the picture. */
  readonly top: number;
  readonly left: number;
  /** One pixel a window and one window a pixel. */
  readonly isPointwise: boolean;
}

type Geometry = tf.backend_util.Conv2DInfo;

/** Of a convolution's or pooling's geometry. */
export function windowsOf(g: Geometry): Windows {
  return withPointwise({
    batch: g.batchSize,
    imageHeight: g.inHeight,
    imageWidth: g.inWidth,
    channels: g.inChannels,
    height: g.filterHeight,
    width: g.filterWidth,
    down: g.outHeight,
    across: g.outWidth,
    strideDown: g.strideHeight,
    strideAcross: g.strideWidth,
    top: g.padInfo.top,
    left: g.padInfo.left,
  });
}

/** What a kernel's code reads of windows, beside what it needs of its own. */
export function windowIntegers(w: Windows) {
  const { imageHeight, imageWidth, down, across, strideDown, strideAcross, top, left, width } = w;
  return { imageHeight, imageWidth, down, across, strideDown, strideAcross, top, left, width };
}

/** Those by which the gradient with respect to the input of a convolution of stride 1 gathers that of its output. */
export function gradientWindows(g: Geometry): Windows {
  return withPointwise({
    batch: g.batchSize,
    imageHeight: g.outHeight,
    imageWidth: g.outWidth,
    channels: g.outChannels,
    height: g.filterHeight,
    width: g.filterWidth,
    down: g.inHeight,
    across: g.inWidth,
    strideDown: 1,
    strideAcross: 1,
    top: g.filterHeight - 1 - g.padInfo.top,
    left: g.filterWidth - 1 - g.padInfo.left,
  });
}

/** Of a matrix product's left side [rows, inner]: each row a pixel. */
export function rowsAsWindows(rows: number, inner: number): Windows {
  return withPointwise({
    batch: 1,
    imageHeight: rows,
    imageWidth: 1,
    channels: inner,
    height: 1,
    width: 1,
    down: rows,
    across: 1,
    strideDown: 1,
    strideAcross: 1,
    top: 0,
    left: 0,
  });
}

function withPointwise(w: Omit<Windows, 'isPointwise'>): Windows {
  const isPointwise =
    w.height === 1 &&
    w.width === 1 &&
    w.strideDown === 1 &&
    w.strideAcross === 1 &&
    w.top === 0 &&
    w.left === 0 &&
    w.down === w.imageHeight &&
    w.across === w.imageWidth;
  return { ...w, isPointwise };
}

export interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The geometry that tfjs computes for a convolution of these shapes. */
export function convolutionGeometry(
  xShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvolutionAttributes,
): Geometry {
  const { strides, pad, dilations = 1, dataFormat = 'NHWC', dimRoundingMode } = attributes;
  return tf.backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat),
  );
}
