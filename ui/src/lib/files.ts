/** A table that a reader takes away. */
export interface Table {
  /** Name of the file, without its ending. */
  name: string;
  /** What it is, where it comes from, with which filters and when, by name. */
  about: Record<string, string>;
  columns: string[];
  rows: Record<string, string | number>[];
}

function csvCell(value: string | number | undefined): string {
  const text = String(value ?? "");
  // A sheet would run what begins like a formula.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The table as CSV (RFC 4180), with what it is in lines that begin with `#`. */
export function csvOf(table: Table): string {
  const about = Object.entries(table.about).map(([key, value]) => `# ${key}: ${value.replaceAll("\n", " ")}`);
  const head = table.columns.map(csvCell).join(",");
  const rows = table.rows.map((row) => table.columns.map((column) => csvCell(row[column])).join(","));
  return [...about, head, ...rows, ""].join("\r\n");
}

/** The table as one JSON object a line; the first says what it is, under `_about`. */
export function jsonlOf(table: Table): string {
  const rows = table.rows.map((row) => JSON.stringify(Object.fromEntries(table.columns.map((column) => [column, row[column] ?? null]))));
  return [JSON.stringify({ _about: table.about }), ...rows, ""].join("\n");
}

/** The table as Parquet; what it is stands in the file's key-value metadata. */
export async function parquetOf(table: Table): Promise<ArrayBuffer> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  return parquetWriteBuffer({
    columnData: table.columns.map((name) => {
      const number = table.rows.every((row) => typeof row[name] === "number");
      return {
        name,
        data: table.rows.map((row) => (number ? Number(row[name]) : String(row[name] ?? ""))),
        type: number ? ("DOUBLE" as const) : ("STRING" as const),
      };
    }),
    kvMetadata: Object.entries(table.about).map(([key, value]) => ({ key, value })),
  });
}

/** Hands a file to the reader. */
export function save(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Draws an SVG as PNG, twice as fine as it is large. */
export async function pngOf(svg: string, width: number, height: number): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * 2;
    canvas.height = height * 2;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob === null ? reject(new Error("no picture came of it")) : resolve(blob)), "image/png");
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}
