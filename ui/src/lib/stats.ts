/** 97.5 % point of the normal distribution. */
const Z = 1.959964;

/** A share with its 95 % interval; all 0 to 1. */
export interface Interval {
  share: number;
  low: number;
  high: number;
}

/** Wilson's score interval (Wilson 1927) of `k` in `n`; 0 to 1 where n is 0. */
export function wilson(k: number, n: number): Interval {
  if (n === 0) return { share: 0, low: 0, high: 1 };
  const p = k / n;
  const zz = Z * Z;
  const middle = (p + zz / (2 * n)) / (1 + zz / n);
  const half = (Z / (1 + zz / n)) * Math.sqrt((p * (1 - p)) / n + zz / (4 * n * n));
  return { share: p, low: k === 0 ? 0 : Math.max(0, middle - half), high: k === n ? 1 : Math.min(1, middle + half) };
}

/** A difference of two shares with its 95 % interval. */
export interface Difference {
  value: number;
  low: number;
  high: number;
  /** True where the interval leaves out zero: more than chance would give. */
  sure: boolean;
}

/** a - b by Newcombe's method 10 (Newcombe 1998), from the Wilson intervals of both. */
export function difference(a: Interval, b: Interval): Difference {
  const value = a.share - b.share;
  const low = value - Math.hypot(a.share - a.low, b.high - b.share);
  const high = value + Math.hypot(a.high - a.share, b.share - b.low);
  return { value, low, high, sure: low > 0 || high < 0 };
}

/** A round upper end of an axis that holds `value`, 0 to 1. */
export function axisEnd(value: number): number {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
  return steps.find((step) => value <= step) ?? 1;
}

/** Fewer ads than this: shares say too little, and are not drawn. */
export const MIN_ADS = 30;
