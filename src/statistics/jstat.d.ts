/** The part of jstat that is used; it has no types of its own. */
declare module 'jstat' {
  export const studentt: {
    /** Quantile. */
    inv(share: number, degreesOfFreedom: number): number;
    cdf(value: number, degreesOfFreedom: number): number;
  };
}
