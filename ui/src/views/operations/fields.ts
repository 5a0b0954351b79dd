import { ScalarType, type DescField, type DescMessage, type JsonObject } from "@bufbuild/protobuf";
import rules from "../../gen/rules.json";

/** What the contract says of a field, as far as a form can hold to it. */
export interface Field {
  /** Name in the contract. */
  name: string;
  control: "text" | "number" | "check" | "choice" | "choices" | "words";
  /** Names of the enum's values that may be chosen. */
  values: string[];
  least: number | undefined;
  most: number | undefined;
  maxLength: number | undefined;
  pattern: string | undefined;
  required: boolean;
}

interface Rule {
  string?: { minLen?: string; maxLen?: string; pattern?: string; in?: string[] };
  int32?: { gte?: number; lte?: number };
  enum?: { notIn?: number[] };
  double?: unknown;
  float?: unknown;
  repeated?: { items?: { enum?: { notIn?: number[] }; string?: unknown } };
}

const RULES = rules as Record<string, Record<string, Rule> | undefined>;
/** Set by the page, or not for people to type. */
const HIDDEN = new Set(["request_id", "job_ids"]);

function controlOf(field: DescField): Field["control"] | null {
  switch (field.fieldKind) {
    case "enum":
      return "choice";
    case "list":
      return field.listKind === "enum" ? "choices" : field.listKind === "scalar" && field.scalar === ScalarType.STRING ? "words" : null;
    case "scalar":
      if (field.scalar === ScalarType.STRING) return "text";
      if (field.scalar === ScalarType.BOOL) return "check";
      return field.scalar === ScalarType.INT32 ? "number" : null;
    default:
      return null;
  }
}

/** The fields of a request that a form asks for, with their rules. */
export function fieldsOf(schema: DescMessage): Field[] {
  const found: Field[] = [];
  for (const field of schema.fields) {
    const control = controlOf(field);
    if (control === null || HIDDEN.has(field.name)) continue;
    const rule = RULES[schema.typeName]?.[field.name];
    const barred = rule?.enum?.notIn ?? rule?.repeated?.items?.enum?.notIn ?? [];
    const values = field.enum?.values.filter((value) => value.number !== 0 && !barred.includes(value.number)) ?? [];
    const pattern = rule?.string?.pattern;
    found.push({
      name: field.name,
      control,
      values: values.map((value) => value.name),
      least: rule?.int32?.gte,
      most: rule?.int32?.lte,
      maxLength: rule?.string?.maxLen === undefined ? undefined : Number(rule.string.maxLen),
      pattern,
      required: Number(rule?.string?.minLen ?? 0) > 0 || (pattern !== undefined && !new RegExp(pattern, "u").test("")),
    });
  }
  return found;
}

/** What is typed into a form, by field. */
export type Typed = Record<string, string | boolean | string[]>;

/** What is wrong with a typed value; null where nothing is. */
export function faultOf(field: Field, value: Typed[string] | undefined): { kind: "required" | "pattern" } | { kind: "least" | "most"; limit: number } | null {
  if (field.control === "number") {
    const number = Number(value ?? 0);
    if (!Number.isInteger(number)) return { kind: "pattern" };
    if (field.least !== undefined && number < field.least) return { kind: "least", limit: field.least };
    if (field.most !== undefined && number > field.most) return { kind: "most", limit: field.most };
    return null;
  }
  if (field.control !== "text") return null;
  const text = typeof value === "string" ? value : "";
  if (field.required && text === "") return { kind: "required" };
  if (field.maxLength !== undefined && Array.from(text).length > field.maxLength) return { kind: "most", limit: field.maxLength };
  if (field.pattern !== undefined && !new RegExp(field.pattern, "u").test(text)) return { kind: "pattern" };
  return null;
}

/** The request as JSON of the contract; what was left empty is left out. */
export function jsonOf(fields: readonly Field[], typed: Typed): JsonObject {
  const json: JsonObject = {};
  for (const { name, control } of fields) {
    const value = typed[name];
    if (value === undefined || value === "" || value === false) continue;
    if (control === "number") json[name] = Number(value);
    else if (control === "words" && typeof value === "string") json[name] = value.split(",").map((word) => word.trim()).filter(Boolean);
    else json[name] = value;
  }
  return json;
}
