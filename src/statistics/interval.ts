/** Low and high end of a 95% interval. */
export type Interval = readonly [low: number, high: number];
