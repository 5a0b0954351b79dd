// Makes src/gen from the contracts: typed clients, and rules.json with what buf.validate says of the
// requests that start work, from which the forms are made.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ui = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const env = { ...process.env, PATH: `${path.join(ui, "node_modules/.bin")}:${process.env.PATH}` };
const buf = (args, options = {}) => execFileSync("buf", args, { cwd: ui, env, maxBuffer: 1 << 28, ...options });

buf(["generate", "--template", "buf.gen.json"], { stdio: "inherit" });

const image = JSON.parse(buf(["build", "../proto", "-o", "-#format=json"]).toString("utf8"));
const rules = {};
for (const file of image.file) {
  if (!file.package?.startsWith("observatory.")) continue;
  for (const message of file.messageType ?? []) {
    if (!message.name.endsWith("Request") && !message.name.endsWith("Params") && message.name !== "Schedule") continue;
    const fields = {};
    for (const field of message.field ?? []) {
      const found = field.options?.["[buf.validate.field]"];
      if (found) fields[field.name] = found;
    }
    if (Object.keys(fields).length > 0) rules[`${file.package}.${message.name}`] = fields;
  }
}
writeFileSync(path.join(ui, "src/gen/rules.json"), JSON.stringify(rules));
