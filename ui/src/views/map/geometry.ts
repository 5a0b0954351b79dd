/** What of the map is in sight: its middle, in the map's coordinates, and pixels per unit. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

/** Points by their coordinates, in the order of the map. */
export interface Places {
  xs: Float32Array;
  ys: Float32Array;
}

/** The view that shows everything, with a margin. */
export function wholeView({ xs, ys }: Places, width: number, height: number): View {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let index = 0; index < xs.length; index += 1) {
    const x = xs[index] ?? 0;
    const y = ys[index] ?? 0;
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  if (!(left < Infinity)) return { x: 0, y: 0, scale: 1 };
  const scale = Math.min((width - 48) / Math.max(right - left, 1e-6), (height - 48) / Math.max(high - low, 1e-6));
  return { x: (left + right) / 2, y: (low + high) / 2, scale: Math.max(scale, 1e-6) };
}

/** Where a point of the map is on the screen, in pixels; up is up. */
export function toScreen(view: View, width: number, height: number, x: number, y: number): [number, number] {
  return [width / 2 + (x - view.x) * view.scale, height / 2 - (y - view.y) * view.scale];
}

/** Which point of the map a pixel shows. */
export function toMap(view: View, width: number, height: number, px: number, py: number): [number, number] {
  return [view.x + (px - width / 2) / view.scale, view.y - (py - height / 2) / view.scale];
}

/** The view after zooming about a pixel: what is under it stays there. */
export function zoomed(view: View, width: number, height: number, px: number, py: number, factor: number): View {
  const [x, y] = toMap(view, width, height, px, py);
  const scale = view.scale * factor;
  return { x: x - (px - width / 2) / scale, y: y + (py - height / 2) / scale, scale };
}

/** True where a point lies inside a polygon (even-odd rule). */
export function inside(polygon: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let found = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [xi, yi] = polygon[i] ?? [0, 0];
    const [xj, yj] = polygon[j] ?? [0, 0];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) found = !found;
  }
  return found;
}

/** A label that would like to be drawn: more important ones first. */
export interface Wish {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which labels can be drawn without one over another, and none cut at the border; places in `wishes`. */
export function fitting(wishes: readonly Wish[], width: number, height: number, most: number): number[] {
  const taken: Wish[] = [];
  const found: number[] = [];
  wishes.forEach((wish, index) => {
    if (found.length >= most) return;
    const left = wish.x - wish.width / 2;
    const top = wish.y - wish.height / 2;
    if (left < 2 || top < 2 || left + wish.width > width - 2 || top + wish.height > height - 2) return;
    const clash = taken.some(
      (other) => Math.abs(other.x - wish.x) * 2 < other.width + wish.width + 8 && Math.abs(other.y - wish.y) * 2 < other.height + wish.height + 4,
    );
    if (clash) return;
    taken.push(wish);
    found.push(index);
  });
  return found;
}

const CELLS = 96;

/** Finds the point that is nearest to a place, by a grid over the map. */
export class Nearest {
  private readonly cells = new Map<number, number[]>();
  private readonly left: number;
  private readonly low: number;
  private readonly cell: number;

  constructor(private readonly places: Places) {
    const { xs, ys } = places;
    const whole = wholeView(places, 1048, 1048);
    const side = 1000 / whole.scale;
    this.left = whole.x - side / 2;
    this.low = whole.y - side / 2;
    this.cell = side / CELLS;
    for (let index = 0; index < xs.length; index += 1) {
      const key = this.key(Math.floor(((xs[index] ?? 0) - this.left) / this.cell), Math.floor(((ys[index] ?? 0) - this.low) / this.cell));
      const list = this.cells.get(key);
      if (list === undefined) this.cells.set(key, [index]);
      else list.push(index);
    }
  }

  private key(column: number, row: number): number {
    return column * 4096 + row;
  }

  /** The nearest point within `reach` map units; -1 where there is none. */
  at(x: number, y: number, reach: number): number {
    const { xs, ys } = this.places;
    let best = -1;
    let least = reach * reach;
    const from = (value: number, origin: number) => Math.max(-1, Math.floor((value - reach - origin) / this.cell));
    const to = (value: number, origin: number) => Math.min(CELLS + 1, Math.floor((value + reach - origin) / this.cell));
    for (let column = from(x, this.left); column <= to(x, this.left); column += 1) {
      for (let row = from(y, this.low); row <= to(y, this.low); row += 1) {
        for (const index of this.cells.get(this.key(column, row)) ?? []) {
          const distance = ((xs[index] ?? 0) - x) ** 2 + ((ys[index] ?? 0) - y) ** 2;
          if (distance <= least) {
            least = distance;
            best = index;
          }
        }
      }
    }
    return best;
  }
}
