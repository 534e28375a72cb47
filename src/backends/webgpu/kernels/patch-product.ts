import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { eachThread, result, run, shared, unrolled, workgroupsFor } from './program.js';
import { type Tile, threadsOf, tilingFor } from './tiles.js';
import { type Windows, windowIntegers } from './windows.js';

export interface PatchProductOptions {
  /** [batch, height, width, channels]. */
  readonly image: tf.TensorInfo;
  /** Of image's shape: where it is not above zero, the image counts as zero. */
  readonly mask?: tf.TensorInfo;
  readonly windows: Windows;
  /**
   * `plain`: [windows.height, windows.width, channels, columns]. `turned`: [windows.height, windows.width, columns,
   * channels], its positions in reverse, as the gradient with respect to a convolution's input takes it.
   */
  readonly filter: tf.TensorInfo;
  readonly order: 'plain' | 'turned';
  /** A multiple of 4. */
  readonly columns: number;
  /** [columns], added to each row. */
  readonly bias?: tf.TensorInfo;
  readonly relu: boolean;
  readonly name: string;
}

/**
 * A convolution as a matrix product that is never laid out: one row a window of the image, one column a filter.
 * @returns [batch, windows.down, windows.across, columns], flat
 */
export function patchProduct(backend: WebGPUBackend, options: PatchProductOptions): tf.TensorInfo {
  const { image, mask, windows: w, filter, order, columns, bias, relu, name } = options;
  const gathered = w.channels % 4 !== 0;
  const pointwise = w.isPointwise && !gathered;
  const m = w.batch * w.down * w.across;
  const sum = w.height * w.width * w.channels;
  const { tile, splits: wanted } = tilingFor({ m, n: columns, k: sum }, 'rows');
  const stepsPerTap = Math.ceil(w.channels / tile.k);
  const steps = gathered ? Math.ceil(sum / tile.k) : w.height * w.width * stepsPerTap;
  const stepsPerSplit = Math.ceil(steps / wanted);
  const splits = Math.ceil(steps / stepsPerSplit);
  const finishesHere = splits === 1;
  const output = result(backend, [finishesHere ? m : splits * m, columns]);
  const shape: CodeShape = {
    tile,
    patches: gathered ? 'gathered' : pointwise ? 'pointwise' : 'windows',
    constants: gathered ? { sum, row: w.width * w.channels, channels: w.channels } : null,
    masked: mask !== undefined,
    turned: order === 'turned',
    wholeSteps: w.channels % tile.k === 0,
    bias: finishesHere && bias !== undefined,
    relu: finishesHere && relu,
  };
  const own =
    finishesHere && bias !== undefined ? [{ name: 'bias', tensor: bias, type: 'vec4<f32>' as const }] : [];
  const imageType = gathered ? 'f32' : 'vec4<f32>';
  run(backend, {
    name,
    variant: JSON.stringify(shape),
    writes: [{ name: 'output', tensor: output, type: 'vec4<f32>' }],
    reads: [
      { name: 'image', tensor: image, type: imageType },
      { name: 'filter_', tensor: filter, type: order === 'turned' ? 'f32' : 'vec4<f32>' },
      ...(mask === undefined ? [] : [{ name: 'mask', tensor: mask, type: imageType } as const]),
      ...own,
    ],
    integers: {
      m,
      columns4: columns / 4,
      channels: w.channels,
      ...windowIntegers(w),
      taps: w.height * w.width,
      stepsPerTap,
      steps,
      stepsPerSplit,
    },
    workgroups: [Math.ceil(columns / tile.n), Math.ceil(m / tile.m), splits],
    code: () => codeOf(shape),
  });
  if (finishesHere) return output;
  const sumOfParts = addParts(backend, {
    parts: output,
    splits,
    size: m * columns,
    columns,
    bias,
    relu,
    name,
  });
  backend.disposeData(output.dataId);
  return sumOfParts;
}

interface CodeShape {
  readonly tile: Tile;
  /** `pointwise`: windows of one pixel, none beyond the edge. `gathered`: value by value, for odd channel counts. */
  readonly patches: 'pointwise' | 'windows' | 'gathered';
  readonly constants: { readonly sum: number; readonly row: number; readonly channels: number } | null;
  readonly masked: boolean;
  readonly turned: boolean;
  readonly wholeSteps: boolean;
  readonly bias: boolean;
  readonly relu: boolean;
}

function codeOf(shape: CodeShape): string {
  const { tile, patches, constants, masked, turned, wholeSteps } = shape;
  const threads = threadsOf(tile);
  const across = tile.n / tile.columns;
  const down = tile.m / tile.rows;
  const groups = tile.columns / 4;
  const quads = tile.k / 4;
  const n4 = tile.n / 4;
  // One more, so that the threads that write a column of it meet different banks.
  const pitch = turned ? n4 + 1 : n4;
  const imageLoads = Math.ceil((tile.m * quads) / threads);
  const filterLoads = Math.ceil((tile.k * n4) / threads);
  const aSize = tile.m * quads;
  const bSize = tile.k * pitch;

  const each = (count: number, line: (i: number) => string) => unrolled(count, 1, line);
  const rowOf = (l: number) => `((t + ${l * threads}) / ${quads})`;

  const prepareImage = (l: number) => {
    const row = `let row${l} = min(m0 + ${rowOf(l)}, u.m - 1);`;
    if (patches === 'pointwise') return `${row} let base${l} = row${l} * channels4 + quad;`;
    return `${row}
  let picture${l} = row${l} / (u.down * u.across);
  let place${l} = row${l} - picture${l} * (u.down * u.across);
  let placeDown${l} = place${l} / u.across;
  let top${l} = placeDown${l} * u.strideDown - u.top;
  let left${l} = (place${l} - placeDown${l} * u.across) * u.strideAcross - u.left;
  let base${l} = ((picture${l} * u.imageHeight + top${l}) * u.imageWidth + left${l})
    * ${patches === 'gathered' ? 'u.channels' : 'channels4 + quad'};`;
  };
  const value = (index: string) =>
    masked ? `select(ZERO, image[${index}], mask[${index}] > ZERO)` : `image[${index}]`;
  const loadImage = (l: number) => {
    if (patches === 'gathered') {
      const { sum, row, channels } = constants as NonNullable<CodeShape['constants']>;
      const one = (c: number) => `{
      let at = (step * ${quads} + quad) * 4 + ${c};
      let y = at / ${row};
      let x = at - y * ${row};
      let iy = top${l} + y;
      let ix = left${l} + x / ${channels};
      if (at < ${sum} && iy >= 0 && iy < u.imageHeight && ix >= 0 && ix < u.imageWidth) {
        let start = base${l} + y * u.imageWidth * ${channels} + x;
        a${l}[${c}] = ${masked ? 'select(0.0, image[start], mask[start] > 0.0)' : 'image[start]'};
      }
    }`;
      return `a${l} = ZERO; ${each(4, one)}`;
    }
    const inside = wholeSteps ? '' : ' && channel4 + quad < channels4';
    if (patches === 'pointwise') {
      const load = value(`base${l} + channel4`);
      return wholeSteps ? `a${l} = ${load};` : `a${l} = ZERO; if (true${inside}) { a${l} = ${load}; }`;
    }
    return `a${l} = ZERO;
      if (top${l} + tapDown >= 0 && top${l} + tapDown < u.imageHeight && left${l} + tapAcross >= 0 && left${l} + tapAcross < u.imageWidth${inside}) {
        a${l} = ${value(`base${l} + (tapDown * u.imageWidth + tapAcross) * channels4 + channel4`)};
      }`;
  };
  const filterPlace = (l: number) =>
    turned
      ? `let bk${l} = (t + ${l * threads}) % ${tile.k}; let bn${l} = (t + ${l * threads}) / ${tile.k};`
      : `let bk${l} = (t + ${l * threads}) / ${n4}; let bn${l} = (t + ${l * threads}) % ${n4};`;
  const loadFilter = (l: number) => {
    const column = `n0 + bn${l} < u.columns4`;
    if (patches === 'gathered') {
      const row = `step * ${tile.k} + bk${l}`;
      const { sum } = constants as NonNullable<CodeShape['constants']>;
      return `b${l} = ZERO;
      if (${column} && ${row} < ${sum}) { b${l} = filter_[(${row}) * u.columns4 + n0 + bn${l}]; }`;
    }
    const channel = `channel4 * 4 + bk${l}`;
    const inside = wholeSteps ? column : `${column} && ${channel} < u.channels`;
    if (!turned) {
      return `b${l} = ZERO;
      if (${inside}) { b${l} = filter_[(tap * u.channels + ${channel}) * u.columns4 + n0 + bn${l}]; }`;
    }
    return `b${l} = ZERO;
      if (${inside}) {
        let start = ((u.taps - 1 - tap) * u.columns4 + n0 + bn${l}) * 4 * u.channels + ${channel};
        b${l} = vec4<f32>(filter_[start], filter_[start + u.channels], filter_[start + 2 * u.channels], filter_[start + 3 * u.channels]);
      }`;
  };
  const load = `
    ${shared(aSize, threads, loadImage)}
    ${shared(tile.k * n4, threads, loadFilter)}`;
  const store = (buffer: string) => `
    ${shared(aSize, threads, (l) => `aTile[${buffer} * ${aSize} + t + ${l * threads}] = a${l};`)}
    ${shared(tile.k * n4, threads, (l) => `bTile[${buffer} * ${bSize} + bk${l} * ${pitch} + bn${l}] = b${l};`)}`;
  const advance =
    patches === 'gathered'
      ? ''
      : `
    channel4 += ${quads};
    if (channel4 >= channels4) {
      channel4 = 0;
      tap += 1;
      tapAcross += 1;
      if (tapAcross >= u.width) { tapAcross = 0; tapDown += 1; }
    }`;
  const multiply = each(
    quads,
    (q) => `{
      ${unrolled(4, groups, (k, j) => `let w${k}_${j} = bTile[bAt + ${(q * 4 + k) * pitch + j * across}];`)}
      ${unrolled(
        tile.rows,
        1,
        (i) => `{
        let v = aTile[aAt + ${i * down * quads + q}];
        ${unrolled(4, groups, (k, j) => `sum${i}_${j} = fma(vec4<f32>(v.${'xyzw'[k]}), w${k}_${j}, sum${i}_${j});`)}
      }`,
      )}
    }`,
  );
  const finish = (i: number, j: number) => {
    const biased = shape.bias ? `sum${i}_${j} + bias[n0 + tx + ${j * across}]` : `sum${i}_${j}`;
    return `if (m0 + ty + ${i * down} < u.m && n0 + tx + ${j * across} < u.columns4) {
    output[outputBase + ${i * down} * u.columns4 + ${j * across}] = ${shape.relu ? `max(${biased}, ZERO)` : biased};
  }`;
  };
  return `
const ZERO = vec4<f32>(0.0);
var<workgroup> aTile : array<vec4<f32>, ${2 * aSize}>;
var<workgroup> bTile : array<vec4<f32>, ${2 * bSize}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let t = i32(local);
  let m0 = i32(group.y) * ${tile.m};
  let n0 = i32(group.x) * ${n4};
  let channels4 = u.channels / 4;
  let quad = t % ${quads};
  let tx = t % ${across};
  let ty = t / ${across};
  ${each(imageLoads, prepareImage)}
  ${each(filterLoads, filterPlace)}
  ${each(imageLoads, (l) => `var a${l} = ZERO;`)}
  ${each(filterLoads, (l) => `var b${l} = ZERO;`)}
  ${unrolled(tile.rows, groups, (i, j) => `var sum${i}_${j} = ZERO;`)}
  let firstStep = i32(group.z) * u.stepsPerSplit;
  let lastStep = min(firstStep + u.stepsPerSplit, u.steps);
  var tap = firstStep / u.stepsPerTap;
  var tapDown = tap / u.width;
  var tapAcross = tap - tapDown * u.width;
  var channel4 = (firstStep - tap * u.stepsPerTap) * ${quads};
  {
    let step = firstStep;
    ${load}
    ${store('0')}
    ${advance}
  }
  workgroupBarrier();
  // While one half of the tiles is multiplied, the other is filled.
  var half = 0;
  for (var next = firstStep + 1; next <= lastStep; next++) {
    if (next < lastStep) {
      let step = next;
      ${load}
      ${advance}
    }
    let aAt = half * ${aSize} + ty * ${quads};
    let bAt = half * ${bSize} + tx;
    ${multiply}
    half = 1 - half;
    if (next < lastStep) {
      ${store('half')}
    }
    workgroupBarrier();
  }
  let outputBase = (i32(group.z) * u.m + m0 + ty) * u.columns4 + n0 + tx;
  ${unrolled(tile.rows, groups, finish)}
}

`;
}

interface Parts {
  /** [splits, size]. */
  readonly parts: tf.TensorInfo;
  readonly splits: number;
  readonly size: number;
  readonly columns: number;
  readonly bias?: tf.TensorInfo;
  readonly relu: boolean;
  readonly name: string;
}

function addParts(
  backend: WebGPUBackend,
  { parts, splits, size, columns, bias, relu, name }: Parts,
): tf.TensorInfo {
  const output = result(backend, [size / columns, columns]);
  const biased = bias === undefined ? 'sum' : 'sum + bias[at % u.columns4]';
  run(backend, {
    name: `${name}Sum`,
    variant: `${bias !== undefined} ${relu}`,
    writes: [{ name: 'output', tensor: output, type: 'vec4<f32>' }],
    reads: [
      { name: 'parts', tensor: parts, type: 'vec4<f32>' },
      ...(bias === undefined ? [] : [{ name: 'bias', tensor: bias, type: 'vec4<f32>' } as const]),
    ],
    integers: { threads: size / 4, splits, columns4: columns / 4 },
    workgroups: workgroupsFor(size / 4),
    code: () =>
      eachThread(`
  var sum = parts[at];
  for (var split = 1; split < u.splits; split++) { sum += parts[split * u.threads + at]; }
  output[at] = ${relu ? `max(${biased}, vec4<f32>(0.0))` : biased};`),
  });
  return output;
}
