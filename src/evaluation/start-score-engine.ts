import type { ScoreEngine } from './score-engine.js';

let engine: Promise<ScoreEngine> | undefined;

/** onnxruntime, or tfjs with whatever backend it runs on where onnxruntime can't be loaded. */
export function scoreEngine(): Promise<ScoreEngine> {
  engine ??= startEngine();
  return engine;
}

async function startEngine(): Promise<ScoreEngine> {
  try {
    const { onnxScoreEngine } = await import('./onnx-score-engine.js');
    return await onnxScoreEngine();
  } catch {
    const { tensorflowScoreEngine } = await import('./tensorflow-score-engine.js');
    return tensorflowScoreEngine();
  }
}
