import { buildEngine } from '../backends/tensorflow/build-engine.js';
import { cpuForm, gpuForm } from '../backends/tensorflow/engine-forms.js';
import { nativeEngine } from '../backends/tensorflow/native-engine.js';
import { amountProgress } from './progress.js';

/** `kit native`: builds TensorFlow's engine, for the processor or with CUDA. */
export async function nativeCommand(options: { force?: boolean; gpu?: boolean }): Promise<void> {
  const engine = nativeEngine();
  const hasForm = engine !== undefined && (options.gpu !== true || engine.cudaLibraries !== null);
  if (hasForm && !options.force) {
    say(
      `The engine is in ${engine.folder} already (--force builds it again); kit lab --check says what it runs on.`,
    );
    return;
  }
  const bar = amountProgress();
  const { name, device, absent } = await buildEngine(options.gpu ? gpuForm : cpuForm, {
    onStep: (line) => {
      bar.stop();
      say(line);
    },
    onProgress: (what, done, total) => bar.show(done, total, `MB · ${what}`),
  }).finally(() => bar.stop());
  say(
    `The engine is in ${nativeEngine()?.folder} and runs: ${name} on ${device}. kit lab --check says which engine is used.`,
  );
  const gpu = absent.find((entry) => entry.name === 'tensorflow-gpu');
  if (options.gpu && gpu !== undefined) say(`It uses no GPU here: ${gpu.reason}.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
