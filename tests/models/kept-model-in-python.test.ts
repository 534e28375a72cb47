import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';

const fixtures = join(__dirname, 'fixtures', 'kept-model');

it("an exported network gives in Python's onnxruntime what it gives here", async () => {
  const python = JSON.parse(readFileSync(join(fixtures, 'outputs.json'), 'utf8'));
  expect(python.input).toEqual(['pictures', 'tensor(float)', ['n', 3, 16, 16]]);
  expect(python.metadata).toContain('angular-loss-kit.preprocessing');
  const session = await InferenceSession.create(join(fixtures, 'model.onnx'));
  const pictures = Float32Array.from({ length: 3 * 3 * 16 * 16 }, (_, i) => (i * i) % 251);
  const { embedding } = await session.run({ pictures: new Tensor('float32', pictures, [3, 3, 16, 16]) });
  expect(embedding.dims).toEqual([3, 8]);
  for (const [i, value] of python.embeddings.flat().entries())
    expect(embedding.data[i]).toBeCloseTo(value, 5);
});
