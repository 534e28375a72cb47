import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kitPath } from '../../cli/run-kit.js';
import { makePictureFolder, smallSpec, temporaryFolder } from '../../picture-folder.js';

/** Writes, in every process below it, what the variable is as the native library loads. */
function watched(args: readonly string[]): { loads: string[]; stderr: string } {
  const folder = temporaryFolder();
  const [log, watch] = [join(folder, 'log'), join(folder, 'watch.cjs')];
  writeFileSync(
    watch,
    `const { appendFileSync } = require('node:fs');
const say = (what) => appendFileSync(${JSON.stringify(log)}, what + ' ' + process.env.ORT_DISABLE_TELEMETRY + '\\n');
const load = process.dlopen;
process.dlopen = function (module, file, ...rest) {
  if (/onnxruntime_binding/.test(file)) say('load');
  return load.call(this, module, file, ...rest);
};
`,
  );
  const { ORT_DISABLE_TELEMETRY: _, ...environment } = process.env;
  const { stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...environment, NODE_OPTIONS: `--require ${watch}` },
  });
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const of = (what: string) =>
    lines.filter((line) => line.startsWith(what)).map((line) => line.split(' ')[1]);
  return { loads: of('load'), stderr };
}

describe('onnxruntime is told to send no telemetry before it is loaded', () => {
  it('by the command', () => {
    const table = join(temporaryFolder(), 'table.csv');
    writeFileSync(table, '1,0,0\n1,0.1,0\n0,1,1\n0.1,1,1\n');
    const { loads } = watched([kitPath, 'evaluate', table, '--ks', '1']);
    expect(loads).toEqual(['1']);
  });

  it('by the workers that train', async () => {
    const spec = join(temporaryFolder(), 'spec.json');
    writeFileSync(spec, JSON.stringify(smallSpec(await makePictureFolder(), { steps: 1 })));
    const { loads, stderr } = watched([kitPath, 'train', spec, '--results', temporaryFolder()]);
    expect(stderr).toBe('');
    expect(loads.length).toBeGreaterThan(0);
    expect(new Set(loads)).toEqual(new Set(['1']));
  });

  it('by the import of the library, and by notebooks even where a cell loads onnxruntime itself', () => {
    const index = resolve('dist', 'index.js');
    const direct = watched(['-e', `require(${JSON.stringify(index)}); require('onnxruntime-node')`]);
    expect(direct.loads).toEqual(['1']);
    const notebook = join(temporaryFolder(), 'loads.ipynb');
    const onnxruntime = JSON.stringify(resolve('node_modules', 'onnxruntime-node'));
    const source = `const onnx = require(${onnxruntime}); console.log(typeof onnx.Tensor)`;
    const cell = { cell_type: 'code', source, metadata: {}, outputs: [] };
    writeFileSync(notebook, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }));
    const { loads } = watched([kitPath, 'lab', notebook, '--results', temporaryFolder()]);
    expect(loads).toEqual(['1']);
  });

  it('unless the user wants it to send', () => {
    const index = resolve('dist', 'index.js');
    const { stdout } = spawnSync(
      process.execPath,
      ['-p', `require(${JSON.stringify(index)}); process.env.ORT_DISABLE_TELEMETRY`],
      { encoding: 'utf8', env: { ...process.env, ORT_DISABLE_TELEMETRY: '0' } },
    );
    expect(stdout).toBe('0\n');
  });
});
