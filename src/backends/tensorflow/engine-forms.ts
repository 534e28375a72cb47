/** A wheel of PyPI: a zip archive from which a few files are taken. */
export interface Wheel {
  /** As pip takes it. */
  readonly requirement: string;
  readonly python: string;
  readonly platform: string;
  readonly sha256: string;
  readonly megabytes: number;
}

/** What the engine is put together from. */
export interface EngineForm {
  readonly name: 'cpu' | 'gpu';
  /** Wheels of TensorFlow first, then of what it opens. */
  readonly wheels: readonly Wheel[];
  /** The CUDA libraries that TensorFlow opens by these names; null without CUDA. */
  readonly cudaLibraries: readonly string[] | null;
  /** Libraries that TensorFlow opens and the kit never calls: empty ones serve. Paths in the engine's folder. */
  readonly emptyLibraries: readonly string[];
  /** Needed at the most while it is built, downloads included. */
  readonly diskMegabytes: number;
}

export const TFJS_NODE = '4.22.0';

export const cpuForm: EngineForm = {
  name: 'cpu',
  wheels: [
    {
      requirement: 'tensorflow-cpu==2.15.1',
      python: '3.11',
      platform: 'manylinux_2_17_x86_64',
      sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
      megabytes: 207,
    },
  ],
  cudaLibraries: null,
  emptyLibraries: [],
  diskMegabytes: 1000,
};

/** TensorFlow 2.21 with the libraries of CUDA 12, with which it was built. */
export const gpuForm: EngineForm = {
  name: 'gpu',
  wheels: [
    {
      requirement: 'tensorflow==2.21.0',
      python: '3.12',
      platform: 'manylinux_2_27_x86_64',
      sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
      megabytes: 573,
    },
    nvidiaWheel(
      'nvidia-cublas-cu12==12.5.3.2',
      363,
      'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
    ),
    nvidiaWheel(
      'nvidia-cudnn-cu12==9.3.0.75',
      577,
      '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
    ),
    nvidiaWheel(
      'nvidia-cuda-runtime-cu12==12.5.82',
      1,
      '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
    ),
    nvidiaWheel(
      'nvidia-cuda-nvrtc-cu12==12.5.82',
      25,
      '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
    ),
  ],
  cudaLibraries: [
    'libcudart.so.12',
    'libcublas.so.12',
    'libcublasLt.so.12',
    'libcufft.so.11',
    'libcusolver.so.11',
    'libcusparse.so.12',
    'libcudnn.so.9',
  ],
  emptyLibraries: [
    'nvidia/cufft/lib/libcufft.so.11',
    // TensorFlow looks for it there.
    'nvidia/cusparse/lib/libcusolver.so.11',
    'nvidia/cusparse/lib/libcusparse.so.12',
  ],
  diskMegabytes: 5000,
};

function nvidiaWheel(requirement: string, megabytes: number, sha256: string): Wheel {
  return { requirement, python: '3.12', platform: 'manylinux2014_x86_64', sha256, megabytes };
}

/** CUDA 12 runs on drivers from this on. */
export const LEAST_NVIDIA_DRIVER = '525.60.13';

/** Of all wheels together. */
export function downloadMegabytes({ wheels }: EngineForm): number {
  return wheels.reduce((sum, { megabytes }) => sum + megabytes, 0);
}
