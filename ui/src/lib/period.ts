/** Days of a period, both included, YYYY-MM-DD; empty means open. */
export interface Days {
  from: string;
  to: string;
}

/** Periods that can be chosen by name, in months. */
export const PERIODS = { "1m": 1, "3m": 3, "6m": 6, "12m": 12 } as const;
export type PeriodName = keyof typeof PERIODS;

const iso = (date: Date): string => date.toISOString().slice(0, 10);

function shift(day: string, months: number, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  const wanted = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wanted, last) + days);
  return iso(date);
}

function isPeriodName(text: string): text is PeriodName {
  return Object.hasOwn(PERIODS, text);
}

/**
 * The days of a period as the address writes it: `6m` means the six months up to `newest` (the day of the newest ad),
 * `2025-01-01..2025-06-30` those days, and all else every day.
 */
export function daysOf(period: string, newest: string): Days {
  if (isPeriodName(period)) {
    if (newest === "") return { from: "", to: "" };
    return { from: shift(newest, -PERIODS[period], 1), to: newest };
  }
  const match = /^(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?$/.exec(period);
  return match ? { from: match[1] ?? "", to: match[2] ?? "" } : { from: "", to: "" };
}

/** The days just before, as many months or days; null for a period that is open. */
export function daysBefore(period: string, newest: string): Days | null {
  const { from, to } = daysOf(period, newest);
  if (from === "" || to === "") return null;
  const end = shift(from, 0, -1);
  if (isPeriodName(period)) return { from: shift(end, -PERIODS[period], 1), to: end };
  const length = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  return { from: shift(end, 0, -length), to: end };
}

/** The earlier of today and the newest ad: portals post ads ahead of their day. */
export function anchor(newest: string, today = iso(new Date())): string {
  return newest !== "" && newest < today ? newest : newest === "" ? "" : today;
}
