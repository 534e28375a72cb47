import { type GraphicsCard, graphicsCards } from '../backends/graphics-cards.js';
import { failureToOpen } from '../backends/shared-library.js';
import { downloadMegabytes, gpuForm, LEAST_NVIDIA_DRIVER } from '../backends/tensorflow/engine-forms.js';
import { nativeEngine } from '../backends/tensorflow/native-engine.js';
import { tryBackend } from '../backends/try-backend.js';
import { DAWN_MEGABYTES, installDawn } from '../backends/webgpu/install-dawn.js';
import { KitError } from '../kit-error.js';
import { describeBackend } from './describe-backend.js';
import { nativeCommand } from './native-command.js';

/** `kit gpu`: which GPU this machine has and which engines fit it; with `engine`, sets one up. */
export async function gpuCommand(options: {
  engine?: 'webgpu' | 'tensorflow';
  force?: boolean;
}): Promise<void> {
  if (options.engine === 'webgpu') await setUpWebgpu(options);
  else if (options.engine === 'tensorflow') await setUpTensorflow(options);
  else report();
}

function report(): void {
  const cards = graphicsCards();
  say('GPUs of this machine');
  for (const { name } of cards) say(`  ${name}`);
  if (cards.length === 0) say('  none that the system shows');
  const loader = failureToOpen('libvulkan.so.1');
  if (process.platform === 'linux')
    say(`  Vulkan's loader: ${loader === null ? 'here' : 'not here; install libvulkan1 (Debian, Ubuntu)'}`);

  say('\nEngines');
  const webgpu = tryBackend('webgpu');
  say(
    `  webgpu: any GPU with a Vulkan driver (Linux) or Metal (macOS); downloads ${DAWN_MEGABYTES} MB from npm`,
  );
  say(`    ${describeBackend(webgpu)}`);
  const tensorflow = tryBackend('tensorflow-gpu');
  say(
    `  tensorflow: NVIDIA's GPUs on Linux, x64, with driver ${LEAST_NVIDIA_DRIVER} or newer; downloads ${downloadMegabytes(gpuForm)} MB from PyPI`,
  );
  say(`    ${describeBackend(tensorflow)}`);
  const runs = [webgpu, tensorflow].find(({ backend }) => backend !== null)?.backend;
  say(`\n${runs ? `${runs.name} runs here and is used.` : recommendation(cards, loader === null)}`);
}

function recommendation(cards: readonly GraphicsCard[], hasVulkan: boolean): string {
  if (cards.length === 0) {
    return 'No GPU is to be seen here. If there is one, install the driver of its maker; on the processor, npx kit native is the fastest.';
  }
  if (process.platform === 'linux' && !hasVulkan) {
    return cards.some(({ maker }) => maker === 'NVIDIA') && process.arch === 'x64'
      ? 'Recommended: install libvulkan1, then npx kit gpu --engine webgpu. Where nothing can be installed: npx kit gpu --engine tensorflow.'
      : 'Recommended: install libvulkan1 and the Vulkan driver of the GPU (mesa-vulkan-drivers for AMD and Intel), then npx kit gpu --engine webgpu.';
  }
  return 'Recommended: npx kit gpu --engine webgpu.';
}

async function setUpWebgpu({ force }: { force?: boolean }): Promise<void> {
  const before = tryBackend('webgpu');
  if (before.backend !== null && !force) {
    say(`webgpu ${describeBackend(before)}. It is here already (--force installs it again).`);
    return;
  }
  say(`Installing the npm package webgpu (${DAWN_MEGABYTES} MB) …`);
  const folder = await installDawn();
  const after = tryBackend('webgpu');
  if (after.backend === null) {
    throw new KitError(
      'backend-unavailable',
      `webgpu is in ${folder}, but does not start here: ${after.reason}. Once that is mended it is used by itself; kit lab --check says so.`,
    );
  }
  say(`It is in ${folder} and is used from now on: webgpu ${describeBackend(after)}.`);
}

async function setUpTensorflow({ force }: { force?: boolean }): Promise<void> {
  const hasNvidia = graphicsCards().some(({ maker }) => maker === 'NVIDIA');
  if (!hasNvidia && nativeEngine()?.cudaLibraries == null) {
    throw new KitError(
      'backend-unavailable',
      "No NVIDIA GPU is to be seen here, and TensorFlow's engine computes on no other. For another GPU use npx kit gpu --engine webgpu; to build for another machine, npx kit native --gpu.",
    );
  }
  await nativeCommand({ force, gpu: true });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
