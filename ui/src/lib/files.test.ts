import { expect, it } from "vitest";
import { csvOf, jsonlOf, parquetOf, type Table } from "./files";

const table: Table = {
  name: "skills",
  about: { source: "Observatory", filters: "country=MX" },
  columns: ["skill", "ads"],
  rows: [{ skill: 'C, "sharp"', ads: 3 }, { skill: "=1+1", ads: -1 }],
};

it("writes CSV that sheets read, with its source, and that runs no formula", () => {
  expect(csvOf(table).split("\r\n")).toEqual([
    "# source: Observatory", "# filters: country=MX", "skill,ads", '"C, ""sharp""",3', "'=1+1,-1", "",
  ]);
});

it("writes JSON lines with what they are first", () => {
  const lines = jsonlOf(table).trim().split("\n").map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([{ _about: table.about }, { skill: 'C, "sharp"', ads: 3 }, { skill: "=1+1", ads: -1 }]);
});

it("writes Parquet", async () => {
  const bytes = new Uint8Array(await parquetOf(table));
  const text = new TextDecoder().decode(bytes);
  expect(text.startsWith("PAR1") && text.endsWith("PAR1")).toBe(true);
  expect(text).toContain("country=MX");
});
