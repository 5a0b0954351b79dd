// Lays a .br and a .gz beside every text file of dist, and holds the first view to its budget.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = path.resolve("dist");
const BUDGET = 250_000;
const sizes = new Map();
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(html|js|css|svg|json|txt)$/.test(name)) continue;
  const file = path.join(dist, name);
  const bytes = readFileSync(file);
  const gzip = gzipSync(bytes, { level: 9 });
  sizes.set(name.replaceAll(path.sep, "/"), gzip.length);
  if (bytes.length < 1024) continue;
  writeFileSync(`${file}.gz`, gzip);
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
const html = readFileSync(path.join(dist, "index.html"), "utf8");
const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
// The overview is what the front page loads besides.
for (const name of sizes.keys()) if (/assets\/Overview-.*\.js$/.test(name)) first.push(name);
const total = [...new Set(first)].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
console.log(`first view: ${(total / 1000).toFixed(1)} kB of JavaScript by gzip (budget ${BUDGET / 1000} kB)`);
if (total > BUDGET) {
  console.error("the first view is over its budget");
  process.exit(1);
}
