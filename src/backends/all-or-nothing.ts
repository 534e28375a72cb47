import * as tf from '@tensorflow/tfjs';

/** What makes several variables at once; where it fails in the middle, those made until then are given back. */
export function allOrNothing<R>(make: () => R): R {
  const before = new Set(variables());
  try {
    return make();
  } catch (error) {
    tf.dispose(variables().filter((variable) => !before.has(variable)));
    throw error;
  }
}

const variables = () => Object.values(tf.engine().registeredVariables);

interface TapeNode {
  readonly saved?: readonly tf.Tensor[];
}

/** The part of tfjs-core 4.22.0 that takes gradients. */
interface GradientEngine {
  readonly state: { readonly gradientDepth: number; activeTape: readonly TapeNode[] | null };
  gradients(...args: unknown[]): unknown;
}

/**
 * As shipped, what operations saved for a gradient stays allocated where the function or its gradient fails: of a batch too
 * large, all that had fitted. Given back, the next batch finds the room.
 */
export function giveBackAfterFailedGradients(): void {
  const engine = tf.engine() as unknown as GradientEngine;
  const gradients = engine.gradients.bind(engine);
  engine.gradients = (...args) => {
    try {
      return tf.tidy(() => gradients(...args) as tf.TensorContainer);
    } catch (error) {
      const { state } = engine;
      if (state.gradientDepth === 0) {
        for (const { saved = [] } of state.activeTape ?? []) tf.dispose([...saved]);
        state.activeTape = null;
      }
      throw error;
    }
  };
}
