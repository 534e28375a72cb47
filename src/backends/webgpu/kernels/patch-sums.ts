import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type Binding, result, run, shared, unrolled } from './program.js';
import { type Tile, threadsOf, tilingFor } from './tiles.js';
import { type Windows, windowIntegers } from './windows.js';

export interface PatchSumsOptions {
  /** [batch, height, width, channels]. */
  readonly image: tf.TensorInfo;
  readonly windows: Windows;
  /** [batch, windows.down, windows.across, columns], columns a multiple of 4. */
  readonly weights: tf.TensorInfo;
  /** Of weights' shape: where it is not above zero, the weight counts as zero. */
  readonly mask?: tf.TensorInfo;
  readonly columns: number;
  /** Whether the sum of the weights themselves is wanted too. */
  readonly withTotals: boolean;
  readonly name: string;
}

export interface PatchSums {
  /** [windows.height · windows.width · channels, columns]. */
  readonly sums: tf.TensorInfo;
  /** [columns]. */
  readonly totals: tf.TensorInfo | null;
}

/**
 * The sum over all windows of each value in them times each of their weights: the gradient of a convolution with respect to
 * its filter, the weights being the gradient of its output, and by the way with respect to its bias. The windows are shared
 * out among workgroups, so that no sum is long, and their parts are added by eights.
 */
export function patchSums(backend: WebGPUBackend, options: PatchSumsOptions): PatchSums {
  const { image, windows: w, weights, mask, columns, withTotals, name } = options;
  const m = w.height * w.width * w.channels;
  const count = w.batch * w.down * w.across;
  const { tile, splits: wanted } = tilingFor({ m, n: columns, k: count }, 'sums');
  const steps = Math.ceil(count / tile.k);
  const stepsPerSplit = Math.ceil(steps / wanted);
  const splits = Math.ceil(steps / stepsPerSplit);
  const gathered = w.channels % 4 !== 0;
  const parts = result(backend, [splits * m, columns]);
  const totalParts = withTotals ? result(backend, [splits, columns]) : null;
  const shape: CodeShape = {
    tile,
    patches: gathered ? 'gathered' : w.isPointwise ? 'pointwise' : 'windows',
    masked: mask !== undefined,
    withTotals,
  };
  run(backend, {
    name,
    variant: JSON.stringify(shape),
    writes: [vec4('parts', parts), ...(totalParts === null ? [] : [vec4('totalParts', totalParts)])],
    reads: [
      { name: 'image', tensor: image, type: gathered ? 'f32' : 'vec4<f32>' },
      vec4('weights', weights),
      ...(mask === undefined ? [] : [vec4('mask', mask)]),
    ],
    integers: {
      m,
      columns4: columns / 4,
      count,
      channels: w.channels,
      ...windowIntegers(w),
      steps,
      stepsPerSplit,
    },
    workgroups: [Math.ceil(columns / tile.n), Math.ceil(m / tile.m), splits],
    code: () => codeOf(shape),
  });
  if (splits === 1) return { sums: parts, totals: totalParts };
  const sums = result(backend, [m, columns]);
  const totals = withTotals ? result(backend, [columns]) : null;
  const lanes = splits >= 16 ? 8 : 1;
  const threads = (m * columns) / 4;
  const totalThreads = withTotals ? columns / 4 : 0;
  const perGroup = 256 / lanes;
  const groups = Math.ceil((threads + totalThreads) / perGroup);
  const rows = Math.ceil(groups / 65535);
  run(backend, {
    name: `${name}Sum`,
    variant: `${lanes} ${withTotals}`,
    writes: [vec4('sums', sums), ...(totals === null ? [] : [vec4('totals', totals)])],
    reads: [vec4('parts', parts), ...(totalParts === null ? [] : [vec4('totalParts', totalParts)])],
    integers: { threads, totalThreads, splits },
    workgroups: [Math.ceil(groups / rows), rows, 1],
    code: () => sumCode(lanes, withTotals),
  });
  backend.disposeData(parts.dataId);
  if (totalParts !== null) backend.disposeData(totalParts.dataId);
  return { sums, totals };
}

const vec4 = (name: string, tensor: tf.TensorInfo): Binding & { name: string } => ({
  name,
  tensor,
  type: 'vec4<f32>',
});

interface CodeShape {
  readonly tile: Tile;
  readonly patches: 'pointwise' | 'windows' | 'gathered';
  readonly masked: boolean;
  readonly withTotals: boolean;
}

function codeOf({ tile, patches, masked, withTotals }: CodeShape): string {
  const threads = threadsOf(tile);
  const across = tile.n / tile.columns;
  const down = tile.m / tile.rows;
  const columnGroups = tile.columns / 4;
  const rowGroups = tile.rows / 4;
  const m4 = tile.m / 4;
  const n4 = tile.n / 4;
  const imageLoads = Math.ceil((tile.k * m4) / threads);
  const weightLoads = Math.ceil((tile.k * n4) / threads);
  const aSize = tile.k * m4;
  const bSize = tile.k * n4;
  const each = (count: number, line: (i: number) => string) => unrolled(count, 1, line);
  const fromWindows = patches !== 'pointwise';
  const perRow = patches === 'gathered' ? [0, 1, 2, 3] : [0];
  const stride = patches === 'gathered' ? 'u.channels' : 'channels4';

  const prepare = perRow
    .map(
      (c) => `
  let tap${c} = min(mine + ${c}, u.m - 1) / u.channels;
  let tapDown${c} = tap${c} / u.width;
  let tapAcross${c} = tap${c} - tapDown${c} * u.width;
  let channel${c} = (min(mine + ${c}, u.m - 1) - tap${c} * u.channels)${patches === 'gathered' ? '' : ' / 4'};`,
    )
    .join('');
  const start = (l: number) => `
  var at${l} = firstStep * ${tile.k} + (t + ${l * threads}) / ${m4};
  ${
    fromWindows
      ? `var picture${l} = at${l} / (u.down * u.across);
  var downAt${l} = (at${l} - picture${l} * (u.down * u.across)) / u.across;
  var acrossAt${l} = at${l} - (picture${l} * u.down + downAt${l}) * u.across;`
      : ''
  }`;
  const loadImage = (l: number) => {
    if (!fromWindows) return `a${l} = image[min(at${l}, u.count - 1) * channels4 + channel0];`;
    const one = (c: number) => `{
      let y = downAt${l} * u.strideDown - u.top + tapDown${c};
      let x = acrossAt${l} * u.strideAcross - u.left + tapAcross${c};
      if (at${l} < u.count && y >= 0 && y < u.imageHeight && x >= 0 && x < u.imageWidth) {
        a${l}${patches === 'gathered' ? `[${c}]` : ''} = image[((picture${l} * u.imageHeight + y) * u.imageWidth + x) * ${stride} + channel${c}];
      }
    }`;
    return `a${l} = ZERO; ${perRow.map(one).join('')}`;
  };
  const advance = (l: number) => `
    at${l} += ${tile.k};
    ${
      fromWindows
        ? `acrossAt${l} += ${tile.k};
    while (acrossAt${l} >= u.across) {
      acrossAt${l} -= u.across;
      downAt${l} += 1;
      if (downAt${l} >= u.down) { downAt${l} = 0; picture${l} += 1; }
    }`
        : ''
    }`;
  const loadWeights = (l: number) => `b${l} = ZERO;
    {
      let window = step * ${tile.k} + (t + ${l * threads}) / ${n4};
      if (window < u.count && column < u.columns4) {
        let start = window * u.columns4 + column;
        b${l} = ${masked ? 'select(ZERO, weights[start], mask[start] > ZERO)' : 'weights[start]'};
      }
      ${withTotals ? `total += b${l};` : ''}
    }`;
  const load = `
    ${shared(aSize, threads, loadImage)}
    ${shared(bSize, threads, loadWeights)}
    ${each(imageLoads, advance)}`;
  const store = (half: string) => `
    ${shared(aSize, threads, (l) => `aTile[${half} * ${aSize} + t + ${l * threads}] = a${l};`)}
    ${shared(bSize, threads, (l) => `bTile[${half} * ${bSize} + t + ${l * threads}] = b${l};`)}`;
  const multiply = each(
    tile.k,
    (k) => `{
      ${each(columnGroups, (j) => `let w${j} = bTile[bAt + ${k * n4 + j * across}];`)}
      ${each(rowGroups, (i) => `let v${i} = aTile[aAt + ${k * m4 + i * down}];`)}
      ${unrolled(tile.rows, columnGroups, (i, j) => `sum${i}_${j} = fma(vec4<f32>(v${i >> 2}.${'xyzw'[i & 3]}), w${j}, sum${i}_${j});`)}
    }`,
  );
  const finish = (i: number, j: number) => `{
    let row = m0 + (ty + ${(i >> 2) * down}) * 4 + ${i & 3};
    if (row < u.m && n0 + tx + ${j * across} < u.columns4) {
      parts[(split * u.m + row) * u.columns4 + n0 + tx + ${j * across}] = sum${i}_${j};
    }
  }`;
  const finishTotals = `
  bTile[t] = total;
  workgroupBarrier();
  if (group.y == 0u && t < ${n4} && column < u.columns4) {
    var sum = bTile[t];
    for (var other = t + ${n4}; other < ${threads}; other += ${n4}) { sum += bTile[other]; }
    totalParts[split * u.columns4 + column] = sum;
  }`;
  return `
const ZERO = vec4<f32>(0.0);
var<workgroup> aTile : array<vec4<f32>, ${2 * aSize}>;
var<workgroup> bTile : array<vec4<f32>, ${Math.max(2 * bSize, threads)}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let t = i32(local);
  let m0 = i32(group.y) * ${tile.m};
  let n0 = i32(group.x) * ${n4};
  let split = i32(group.z);
  let channels4 = u.channels / 4;
  let tx = t % ${across};
  let ty = t / ${across};
  let column = n0 + t % ${n4};
  let mine = m0 + (t % ${m4}) * 4;
  ${prepare}
  let firstStep = split * u.stepsPerSplit;
  let lastStep = min(firstStep + u.stepsPerSplit, u.steps);
  ${each(imageLoads, start)}
  ${each(imageLoads, (l) => `var a${l} = ZERO;`)}
  ${each(weightLoads, (l) => `var b${l} = ZERO;`)}
  ${withTotals ? 'var total = ZERO;' : ''}
  ${unrolled(tile.rows, columnGroups, (i, j) => `var sum${i}_${j} = ZERO;`)}
  {
    let step = firstStep;
    ${load}
    ${store('0')}
  }
  workgroupBarrier();
  // While one half of the tiles is multiplied, the other is filled.
  var half = 0;
  for (var next = firstStep + 1; next <= lastStep; next++) {
    if (next < lastStep) {
      let step = next;
      ${load}
    }
    let aAt = half * ${aSize} + ty;
    let bAt = half * ${bSize} + tx;
    ${multiply}
    half = 1 - half;
    if (next < lastStep) {
      ${store('half')}
    }
    workgroupBarrier();
  }
  ${unrolled(tile.rows, columnGroups, finish)}
  ${withTotals ? finishTotals : ''}
}`;
}

/** Each value's parts are added by `lanes` threads, and their sums then by one. */
function sumCode(lanes: number, withTotals: boolean): string {
  const values = 256 / lanes;
  const sum = (parts: string, size: string, at: string) => `
    for (var split = lane; split < u.splits; split += ${lanes}) { sum += ${parts}[split * ${size} + ${at}]; }`;
  return `
var<workgroup> held : array<vec4<f32>, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let place = i32(local) % ${values};
  let lane = i32(local) / ${values};
  let at = i32(group.y * groups.x + group.x) * ${values} + place;
  var sum = vec4<f32>(0.0);
  if (at < u.threads) { ${sum('parts', 'u.threads', 'at')} }
  ${withTotals ? `else if (at < u.threads + u.totalThreads) { ${sum('totalParts', 'u.totalThreads', '(at - u.threads)')} }` : ''}
  held[local] = sum;
  workgroupBarrier();
  if (lane == 0 && at < u.threads + u.totalThreads) {
    for (var other = 1; other < ${lanes}; other++) { sum += held[other * ${values} + place]; }
    ${withTotals ? 'if (at < u.threads) { sums[at] = sum; } else { totals[at - u.threads] = sum; }' : 'sums[at] = sum;'}
  }
}`;
}
