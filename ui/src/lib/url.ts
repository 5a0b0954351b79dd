/** What stands behind the `?` of an address: flat, all strings. */
export type Flat = Record<string, string | undefined>;

/** Reads `?a=b&c=d`. */
export function parseSearch(text: string): Flat {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Writes it again: empty values are left out, commas stay readable. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === "string" && value !== "") params.set(key, value);
  }
  const text = params.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text === "" ? "" : `?${text}`;
}

/** Takes only the named strings; what is not there is the empty string. */
export function pick<K extends string>(search: Record<string, unknown>, names: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  return found;
}
