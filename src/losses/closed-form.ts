import * as tf from '@tensorflow/tfjs';

/** A loss and its derivative with respect to one tensor. */
export interface ValueAndGradient {
  readonly value: tf.Scalar;
  readonly gradient: tf.Tensor2D;
}

/**
 * A loss whose gradient is written down beside its value, in place of one found by differentiating each operation: one pass
 * gives both. Nothing is read back, so the same operations fit every batch of these shapes and this pattern of labels.
 *
 * @param inputs what the loss is differentiated by
 * @param evaluate the value and one gradient for each input, of its shape
 */
export function withClosedForm<Inputs extends readonly tf.Tensor[]>(
  inputs: Inputs,
  evaluate: (...inputs: Inputs) => { readonly value: tf.Scalar; readonly gradients: tf.Tensor[] },
): tf.Scalar {
  const loss = tf.customGrad((...args) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const { value, gradients } = evaluate(...(args.slice(0, -1) as unknown as Inputs));
    save(gradients);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((gradient) => gradient.mul(dy)),
    };
  });
  return tf.tidy(() => loss(...(inputs as unknown as tf.Tensor[])) as tf.Scalar);
}

/** The same for a loss of a batch alone. */
export function ofEmbeddings(
  embeddings: tf.Tensor2D,
  evaluate: (embeddings: tf.Tensor2D) => ValueAndGradient,
): tf.Scalar {
  return withClosedForm([embeddings], (points) => {
    const { value, gradient } = evaluate(points);
    return { value, gradients: [gradient] };
  });
}

/** What a batch without any pair to compare costs. */
export function nothing(points: tf.Tensor2D): ValueAndGradient {
  return { value: tf.scalar(0), gradient: tf.zerosLike(points) };
}
