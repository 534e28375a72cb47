import { reshaped, type WasmKernel } from './wasm-backend.js';

/** The same tensor again. The shipped kernel copies, and the tape of gradients asks for every tensor that it keeps. */
export const identityKernel: WasmKernel = ({ inputs, backend }) =>
  reshaped(inputs.x, inputs.x.shape, backend);
