/** A piece of a text with what covers it. */
export interface Piece<T> {
  text: string;
  marks: T[];
}

/** A mark over code points [start, end). */
export interface Mark<T> {
  start: number;
  end: number;
  value: T;
}

/** Cuts a text where marks begin and end. Places are counted in code points, as the contracts count them. */
export function cut<T>(text: string, marks: readonly Mark<T>[]): Piece<T>[] {
  const points = Array.from(text);
  const inside = marks.filter((mark) => mark.start < mark.end && mark.start >= 0 && mark.end <= points.length);
  const places = new Set([0, points.length]);
  for (const mark of inside) places.add(mark.start).add(mark.end);
  const sorted = [...places].sort((a, b) => a - b);
  const pieces: Piece<T>[] = [];
  for (let index = 0; index + 1 < sorted.length; index += 1) {
    const start = sorted[index] ?? 0;
    const end = sorted[index + 1] ?? 0;
    const over = inside.filter((mark) => mark.start <= start && mark.end >= end).map((mark) => mark.value);
    pieces.push({ text: points.slice(start, end).join(""), marks: over });
  }
  return pieces;
}

/** What stands around [start, end): `room` code points to each side, cut at blanks. */
export function around(text: string, start: number, end: number, room: number): [string, string, string] {
  const points = Array.from(text);
  const before = points.slice(Math.max(0, start - room), start).join("");
  const after = points.slice(end, end + room).join("");
  const head = start > room ? `…${before.replace(/^\S*\s/, "")}` : before;
  const tail = end + room < points.length ? `${after.replace(/\s\S*$/, "")}…` : after;
  return [head.replace(/\s+/g, " "), points.slice(start, end).join(""), tail.replace(/\s+/g, " ")];
}

/** Splits a snippet at `<mark>…</mark>`; odd pieces are marked. Nothing else in it is taken for HTML. */
export function snippetPieces(snippet: string): string[] {
  return snippet.split(/<\/?mark>/);
}

/** Lower case without accents, for comparing what people type. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
