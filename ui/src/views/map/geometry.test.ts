import { expect, it } from "vitest";
import { fitting, inside, Nearest, toMap, toScreen, wholeView, zoomed } from "./geometry";

const places = { xs: Float32Array.from([0, 10, 5, -3]), ys: Float32Array.from([0, 10, 2, 8]) };

it("shows everything, and leads from the screen back to the map", () => {
  const view = wholeView(places, 600, 400);
  for (let index = 0; index < 4; index += 1) {
    const [x, y] = [places.xs[index] ?? 0, places.ys[index] ?? 0];
    const [px, py] = toScreen(view, 600, 400, x, y);
    expect(px >= 0 && px <= 600 && py >= 0 && py <= 400).toBe(true);
    const back = toMap(view, 600, 400, px, py);
    expect(back[0]).toBeCloseTo(x, 4);
    expect(back[1]).toBeCloseTo(y, 4);
  }
});

it("keeps what is under the pointer there while zooming", () => {
  const view = wholeView(places, 600, 400);
  const before = toMap(view, 600, 400, 123, 45);
  const after = toMap(zoomed(view, 600, 400, 123, 45, 3), 600, 400, 123, 45);
  expect(after[0]).toBeCloseTo(before[0], 6);
  expect(after[1]).toBeCloseTo(before[1], 6);
});

it("finds the nearest point as a look at all of them does", () => {
  const random = (seed: number) => {
    let state = seed;
    return () => {
      state = (state * 1664525 + 1013904223) % 4294967296;
      return state / 4294967296;
    };
  };
  const next = random(7);
  const many = { xs: Float32Array.from({ length: 500 }, () => next() * 20 - 10), ys: Float32Array.from({ length: 500 }, () => next() * 8) };
  const nearest = new Nearest(many);
  for (let round = 0; round < 200; round += 1) {
    const [x, y] = [next() * 22 - 11, next() * 10 - 1];
    let [best, least] = [-1, 0.5 ** 2];
    for (let index = 0; index < 500; index += 1) {
      const distance = ((many.xs[index] ?? 0) - x) ** 2 + ((many.ys[index] ?? 0) - y) ** 2;
      if (distance <= least) [best, least] = [index, distance];
    }
    expect(nearest.at(x, y, 0.5)).toBe(best);
  }
});

it("knows inside from outside, also of a hollow shape", () => {
  const horseshoe: [number, number][] = [[0, 0], [6, 0], [6, 6], [4, 6], [4, 2], [2, 2], [2, 6], [0, 6]];
  expect(inside(horseshoe, 1, 5)).toBe(true);
  expect(inside(horseshoe, 3, 5)).toBe(false);
  expect(inside(horseshoe, 3, 1)).toBe(true);
});

it("draws no label over another, the important one first", () => {
  const wish = (x: number, y: number) => ({ x, y, width: 60, height: 16 });
  expect(fitting([wish(100, 100), wish(120, 104), wish(100, 140), wish(10, 50)], 400, 300, 10)).toEqual([0, 2]);
});
