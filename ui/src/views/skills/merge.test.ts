import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { ListSkillsResponseSchema } from "../../gen/observatory/skills/v1/skills_pb";
import { merge, ordered } from "./merge";

function ranking(jobsTotal: number, counts: Record<string, number>, cutShort = false) {
  return create(ListSkillsResponseSchema, {
    jobsTotal,
    nextPageToken: cutShort ? "more" : "",
    skills: Object.entries(counts).map(([id, jobCount]) => ({ skill: { skillId: id, name: id }, jobCount })),
  });
}

it("counts a skill that one ranking lacks as asked for by none there", () => {
  const rows = merge([ranking(100, { python: 40, go: 5 }), ranking(200, { python: 40 })]);
  const go = rows.find((row) => row.skill.skillId === "go");
  expect(go?.cells.map((cell) => [cell.count, cell.known])).toEqual([[5, true], [0, true]]);
  expect(rows[0]?.difference.value).toBeCloseTo(0.2);
  expect(rows[0]?.difference.sure).toBe(true);
});

it("is never sure of a difference to a ranking that was cut short", () => {
  const rows = merge([ranking(1000, { go: 500 }), ranking(1000, { python: 900 }, true)]);
  const go = rows.find((row) => row.skill.skillId === "go");
  expect(go?.cells[1]?.known).toBe(false);
  expect(go?.difference.sure).toBe(false);
});

it("puts sure differences before large ones that chance may give", () => {
  const rows = merge([ranking(1000, { a: 300, b: 3, c: 500 }), ranking(10, { a: 1, b: 3, c: 0 })]);
  const order = (by: "first" | "second" | "share") => ordered(rows, by).map((row) => [row.skill.skillId, row.difference.sure]);
  expect(order("first")[0]).toEqual(["c", true]);
  expect(order("second")[0]).toEqual(["b", true]);
  expect(order("share")[0]).toEqual(["c", true]);
  expect(order("first")[1]).toEqual(["a", false]);
});
