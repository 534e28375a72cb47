declare const unit: unique symbol;

/** An angle in degrees; a plain number does not pass for one. */
export type Degrees = number & { readonly [unit]: 'degrees' };
/** An angle in radians; a plain number does not pass for one. */
export type Radians = number & { readonly [unit]: 'radians' };

export function degrees(value: number): Degrees {
  return value as Degrees;
}

export function radians(value: number): Radians {
  return value as Radians;
}

export function toRadians(angle: Degrees): Radians {
  return radians((angle * Math.PI) / 180);
}

export function toDegrees(angle: Radians): Degrees {
  return degrees((angle * 180) / Math.PI);
}
