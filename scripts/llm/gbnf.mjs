// JSON schema to llama.cpp's grammar language: the part of JSON schema that structured answers use. The JSON it allows
// stands on one line, as models write it by themselves; a grammar that wants it otherwise would fight them at each token.

const PRIMITIVES = {
  // Between the parts at most one space.
  gap: '" "?',
  string: '"\\"" char* "\\""',
  char: '[^"\\\\\\x00-\\x1F\\x7F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4})',
  integer: '"-"? ("0" | [1-9] [0-9]{0,15})',
  number: 'integer ("." [0-9]{1,15})?',
  boolean: '"true" | "false"',
  null: '"null"',
  value: 'string | number | boolean | null | "{" gap (string ":" gap value ("," gap string ":" gap value)*)? gap "}"' +
    ' | "[" gap (value ("," gap value)*)? gap "]"',
};
const literal = (value) => JSON.stringify(JSON.stringify(value));
const times = (least, most) => `{${least},${most ?? ""}}`;

function list(item, least, most) {
  if (most === 0) return "";
  const more = `("," gap ${item})${times(Math.max(least - 1, 0), most && most - 1)}`;
  return least > 0 ? `${item} ${more}` : `(${item} ${more})?`;
}

function rule(schema, where) {
  if (schema === true || Object.keys(schema).length === 0) return "value";
  if ("const" in schema) return literal(schema.const);
  if (schema.enum) return `(${schema.enum.map(literal).join(" | ")})`;
  const either = schema.anyOf ?? schema.oneOf ?? (Array.isArray(schema.type) && schema.type.map((type) => ({ ...schema, type })));
  if (either) return `(${either.map((one, index) => rule(one, `${where}/${index}`)).join(" | ")})`;
  switch (schema.type) {
    case "object": {
      // In the order of the schema, and all of them: a model asked for fewer says null.
      const members = Object.entries(schema.properties ?? {}).map(
        ([key, value]) => `${literal(key).slice(0, -1)}:" gap ${rule(value, `${where}/${key}`)}`,
      );
      return `("{" gap ${members.join(' "," gap ')} gap "}")`;
    }
    case "array":
      return `("[" gap ${list(rule(schema.items ?? true, `${where}/items`), schema.minItems ?? 0, schema.maxItems)} gap "]")`;
    case "string":
      if (schema.minLength === undefined && schema.maxLength === undefined) return "string";
      return `("\\"" char${times(schema.minLength ?? 0, schema.maxLength)} "\\"")`;
    case "integer": case "number": case "boolean": case "null":
      return schema.type;
    default:
      throw new Error(`${where}: ${JSON.stringify(schema.type ?? Object.keys(schema))} is not supported`);
  }
}

/** The grammar of a schema; without one, of any JSON. */
export function gbnf(schema = true) {
  const rules = Object.entries(PRIMITIVES).map(([name, body]) => `${name} ::= ${body}`);
  return [`root ::= ${rule(schema, "#")}`, ...rules].join("\n");
}
