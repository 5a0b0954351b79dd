import { describe, expect, it } from "vitest";
import { axisEnd, difference, wilson } from "./stats";

describe("wilson", () => {
  it("gives the values of Newcombe 1998, table I", () => {
    // 81 of 263: 0.2553 to 0.3662; 15 of 148: 0.0624 to 0.1605; 0 of 20: 0 to 0.1611.
    expect(wilson(81, 263).low).toBeCloseTo(0.2553, 4);
    expect(wilson(81, 263).high).toBeCloseTo(0.3662, 4);
    expect(wilson(15, 148).low).toBeCloseTo(0.0624, 4);
    expect(wilson(15, 148).high).toBeCloseTo(0.1605, 4);
    expect(wilson(0, 20).low).toBe(0);
    expect(wilson(0, 20).high).toBeCloseTo(0.1611, 4);
  });
  it("says nothing where there are no ads", () => {
    expect(wilson(0, 0)).toEqual({ share: 0, low: 0, high: 1 });
  });
});

describe("difference", () => {
  it("gives the values of Newcombe 1998, table II, method 10", () => {
    const found = difference(wilson(56, 70), wilson(48, 80));
    expect(found.low).toBeCloseTo(0.0524, 4);
    expect(found.high).toBeCloseTo(0.3339, 4);
    expect(found.sure).toBe(true);
  });
  it("is not sure where the interval holds zero", () => {
    expect(difference(wilson(9, 10), wilson(8, 10)).sure).toBe(false);
  });
});

it("ends axes at round shares", () => {
  expect(axisEnd(0.43)).toBe(0.5);
  expect(axisEnd(0.003)).toBe(0.01);
  expect(axisEnd(1)).toBe(1);
});
