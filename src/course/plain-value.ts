/** What can be an answer: it travels as JSON, so that nothing but its value counts. */
export type PlainValue =
  | null
  | undefined
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

const MARK = '$kit';

/**
 * A value as JSON can hold it: numbers that are not finite and `undefined` are marked, typed arrays are arrays.
 *
 * @throws TypeError where it holds something that is no plain value, for example a function, or is nested too deep
 */
export function encodePlainValue(value: unknown, depth = 0): unknown {
  if (depth > 32) throw new TypeError('an answer is nested deeper than 32, or holds itself');
  if (value === undefined) return { [MARK]: 'undefined' };
  if (typeof value === 'number' && !Number.isFinite(value)) return { [MARK]: String(value) };
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as Float64Array, (one) => encodePlainValue(one, depth + 1));
  if (Array.isArray(value)) return Array.from(value, (one) => encodePlainValue(one, depth + 1));
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  // A notebook's cells may run in a realm of their own.
  if (prototype === null || prototype?.constructor?.name === 'Object')
    return Object.fromEntries(
      Object.entries(value as object).map(([key, one]) => [key, encodePlainValue(one, depth + 1)]),
    );
  const kind = typeof value === 'object' ? (prototype?.constructor?.name ?? 'object') : typeof value;
  throw new TypeError(
    `an answer is a number, text, true or false, a list or an object of these, not a ${kind}`,
  );
}

/** The value back. */
export function decodePlainValue(encoded: unknown): PlainValue {
  if (Array.isArray(encoded)) return encoded.map(decodePlainValue);
  if (encoded === null || typeof encoded !== 'object') return encoded as PlainValue;
  const entries = Object.entries(encoded);
  if (entries.length === 1 && entries[0][0] === MARK)
    return entries[0][1] === 'undefined' ? undefined : Number(entries[0][1]);
  return Object.fromEntries(entries.map(([key, value]) => [key, decodePlainValue(value)]));
}

/** A value in a few characters, for a message. */
export function shownValue(value: unknown, longest = 160): string {
  const text =
    JSON.stringify(value, (_key, one) =>
      one === undefined || (typeof one === 'number' && !Number.isFinite(one)) ? String(one) : one,
    ) ?? String(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
