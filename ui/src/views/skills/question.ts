import type { MessageInitShape } from "@bufbuild/protobuf";
import { ExtractionMethod, Necessity, Pipeline, type SkillRef } from "../../gen/observatory/common/v1/common_pb";
import type { ListSkillsRequestSchema } from "../../gen/observatory/skills/v1/skills_pb";
import type { Lang } from "../../i18n/lang";
import { countryColor } from "../../lib/colors";
import { daysBefore, daysOf, type Days } from "../../lib/period";
import { pick } from "../../lib/url";

const NAMES = [
  "country", "vs", "period", "against", "kind", "portal", "method", "necessity", "pipeline", "implied", "q", "order",
  "show", "evidence", "of",
] as const;

/** The question about skills, as the address holds it. */
export type SkillSearch = Partial<Record<(typeof NAMES)[number], string>>;

/** Takes the question out of an address. */
export function skillSearch(search: Record<string, unknown>): SkillSearch {
  return pick(search, NAMES);
}

export type SkillsRequest = Omit<MessageInitShape<typeof ListSkillsRequestSchema>, "$typeName">;

/** One ranking of the question: a country, or a period. */
export interface Series {
  key: string;
  /** Country, empty for all. */
  country: string;
  days: Days;
  /** True for the period before. */
  earlier: boolean;
  color: string;
  request: SkillsRequest;
}

const METHODS: Record<string, ExtractionMethod> = {
  regex: ExtractionMethod.REGEX, esco: ExtractionMethod.ESCO, ner: ExtractionMethod.NER,
};
const NECESSITIES: Record<string, Necessity> = { required: Necessity.REQUIRED, desirable: Necessity.DESIRABLE };
const PIPELINES: Record<string, Pipeline> = { b: Pipeline.B, hybrid: Pipeline.HYBRID };

/** The rankings that answer a question. `newest` is the day up to which periods are counted. */
export function seriesOf(search: SkillSearch, newest: string): Series[] {
  const period = search.period ?? "all";
  const pipeline = PIPELINES[search.pipeline ?? ""] ?? Pipeline.PIPELINE_UNSPECIFIED;
  const make = (country: string, days: Days, earlier: boolean): Series => ({
    key: `${country}${earlier ? "-before" : ""}`,
    country,
    days,
    earlier,
    color: earlier ? "var(--soft)" : countryColor(country),
    request: {
      country,
      portal: search.portal ?? "",
      postedFrom: days.from,
      postedTo: days.to,
      kind: search.kind ?? "",
      // Pipeline A alone tells these apart.
      method: pipeline === Pipeline.PIPELINE_UNSPECIFIED ? (METHODS[search.method ?? ""] ?? 0) : 0,
      necessity: pipeline === Pipeline.PIPELINE_UNSPECIFIED ? (NECESSITIES[search.necessity ?? ""] ?? 0) : 0,
      query: search.q ?? "",
      includeImplied: search.implied === "1",
      pipeline,
    },
  });
  const country = search.country ?? "";
  const days = daysOf(period, newest);
  if (search.against === "before") {
    const before = daysBefore(period, newest);
    if (before !== null) return [make(country, days, false), make(country, before, true)];
  }
  const others = (search.vs ?? "").split(",").filter((code) => code !== "" && code !== country);
  return [make(country, days, false), ...[...new Set(others)].slice(0, 3).map((code) => make(code, days, false))];
}

/** The name of a skill in the reader's language. */
export function nameOf(skill: SkillRef | undefined, lang: Lang): string {
  if (skill === undefined) return "";
  return lang === "es" && skill.nameEs !== "" ? skill.nameEs : skill.name;
}
