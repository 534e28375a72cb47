/** The number that 16 bits of an IEEE 754 half-precision float stand for. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let table: Float32Array | undefined;

/** Half-precision floats as float32, through a table of all 65,536. */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]];
  return floats;
}

const rounding = { float: new Float32Array(1), bits: new Uint32Array(0) };
rounding.bits = new Uint32Array(rounding.float.buffer);

/** Float32 as half-precision bits, to the nearest, ties to even; beyond 65,504 infinite. */
export function floatsToHalves(floats: Float32Array): Uint16Array {
  return Uint16Array.from(floats, (value) => {
    rounding.float[0] = value;
    const bits = rounding.bits[0];
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = Math.abs(value);
    if (Number.isNaN(value)) return 0x7e00;
    if (magnitude >= 65520) return sign | 0x7c00;
    const exponent = Math.max(-14, ((bits >>> 23) & 0xff) - 127);
    const scaled = magnitude * 2 ** (10 - exponent);
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    const whole = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
    // A fraction that rounds up to 2,048 carries into the exponent by itself.
    return sign | (exponent === -14 && whole < 1024 ? whole : (exponent + 14) * 1024 + whole);
  });
}
