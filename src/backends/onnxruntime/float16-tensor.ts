import type { Tensor } from 'onnxruntime-node';

/**
 * A tensor of the bits of float16 numbers. Where there is a Float16Array (Node 24), onnxruntime makes one of the bits, which
 * its own addon does not take: it gets the bits.
 */
export function float16Tensor(tensor: typeof Tensor, bits: Uint16Array, dims: readonly number[]): Tensor {
  return Object.defineProperty(new tensor('float16', bits, dims), 'data', { value: bits });
}

/** The bits of a float16 tensor, whichever array holds them. */
export function float16Bits({ data }: Tensor): Uint16Array {
  const { buffer, byteOffset, byteLength } = data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}
