import type { SkillRef } from "../../gen/observatory/common/v1/common_pb";
import type { ListSkillsResponse } from "../../gen/observatory/skills/v1/skills_pb";
import { difference, wilson, type Difference, type Interval } from "../../lib/stats";

/** A skill in one of the rankings that are compared. */
export interface Cell extends Interval {
  count: number;
  /** False where the ranking was cut before it: the share is only known to be small. */
  known: boolean;
}

/** A skill across the rankings. */
export interface Merged {
  skill: SkillRef;
  cells: Cell[];
  /** The first against the second. */
  difference: Difference;
}

/** Lays rankings beside each other, by skill. */
export function merge(rankings: readonly ListSkillsResponse[]): Merged[] {
  const skills = new Map<string, SkillRef>();
  const tables = rankings.map((ranking) => {
    const table = new Map<string, number>();
    for (const { skill, jobCount } of ranking.skills) {
      if (skill === undefined) continue;
      if (!skills.has(skill.skillId)) skills.set(skill.skillId, skill);
      table.set(skill.skillId, jobCount);
    }
    return { table, n: ranking.jobsTotal, whole: ranking.nextPageToken === "" };
  });
  const merged: Merged[] = [];
  for (const [id, skill] of skills) {
    const cells = tables.map(({ table, n, whole }): Cell => {
      const count = table.get(id);
      return { ...wilson(count ?? 0, n), count: count ?? 0, known: count !== undefined || whole };
    });
    const [first, second] = cells;
    if (first === undefined || second === undefined) continue;
    const both = first.known && second.known;
    const found = difference(first, second);
    merged.push({ skill, cells, difference: both ? found : { ...found, sure: false } });
  }
  return merged;
}

/** By the greatest share; or what the first asks for more than the second, the surest and greatest first; or the other way. */
export type Order = "share" | "first" | "second";

/** Rows in an order. */
export function ordered(merged: readonly Merged[], by: Order): Merged[] {
  const sign = by === "second" ? -1 : 1;
  const share = (row: Merged) => Math.max(...row.cells.map((cell) => cell.share));
  // The end of the interval that is nearer to no difference: great only where the difference is great and sure.
  const least = (row: Merged) => (sign > 0 ? row.difference.low : -row.difference.high);
  return [...merged].sort((a, b) =>
    by === "share" ? share(b) - share(a) : Number(b.difference.sure) * Number(least(b) > 0) - Number(a.difference.sure) * Number(least(a) > 0) || least(b) - least(a),
  );
}
