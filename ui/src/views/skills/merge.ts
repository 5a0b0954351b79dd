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

/** Most asked for in the first ranking first; or the surest and greatest difference first. */
export function ordered(merged: readonly Merged[], by: "share" | "difference"): Merged[] {
  const share = (row: Merged) => Math.max(...row.cells.map((cell) => cell.share));
  const least = (row: Merged) =>
    row.difference.sure ? Math.min(Math.abs(row.difference.low), Math.abs(row.difference.high)) : 0;
  return [...merged].sort((a, b) =>
    by === "share" ? share(b) - share(a) : least(b) - least(a) || Math.abs(b.difference.value) - Math.abs(a.difference.value),
  );
}
