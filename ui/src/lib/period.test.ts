import { expect, it } from "vitest";
import { anchor, daysBefore, daysOf } from "./period";

it("counts a named period back from the newest ad", () => {
  expect(daysOf("6m", "2025-11-03")).toEqual({ from: "2025-05-04", to: "2025-11-03" });
  expect(daysOf("1m", "2025-03-31")).toEqual({ from: "2025-03-01", to: "2025-03-31" });
});

it("reads days as written, and takes all else for every day", () => {
  expect(daysOf("2025-01-01..2025-01-31", "2025-11-03")).toEqual({ from: "2025-01-01", to: "2025-01-31" });
  expect(daysOf("2025-01-01..", "")).toEqual({ from: "2025-01-01", to: "" });
  expect(daysOf("all", "2025-11-03")).toEqual({ from: "", to: "" });
});

it("has the period before end where the period begins", () => {
  expect(daysBefore("6m", "2025-11-03")).toEqual({ from: "2024-11-04", to: "2025-05-03" });
  expect(daysBefore("2025-01-11..2025-01-20", "")).toEqual({ from: "2025-01-01", to: "2025-01-10" });
  expect(daysBefore("all", "2025-11-03")).toBeNull();
});

it("does not count from days that have not come", () => {
  expect(anchor("2027-01-01", "2026-11-24")).toBe("2026-11-24");
  expect(anchor("2025-11-03", "2026-11-24")).toBe("2025-11-03");
  expect(anchor("", "2026-11-24")).toBe("");
});
