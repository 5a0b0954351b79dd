/** Countries keep their colour everywhere: places in the colour-blind-safe set of `--cat-0` to `--cat-7`. */
const COUNTRIES: Record<string, number> = { CO: 0, MX: 1, AR: 2, CL: 3, PE: 4, BR: 5, EC: 6, UY: 7, CR: 5, ES: 6, US: 7, PA: 4 };

/** The colour of a country, as CSS. */
export function countryColor(code: string): string {
  if (code === "") return "var(--accent)";
  const known = COUNTRIES[code];
  const place = known ?? ((code.charCodeAt(0) * 3 + code.charCodeAt(1)) % 8);
  return `var(--cat-${place})`;
}

/** What a `var(--name)` stands for now, for files that leave the page. */
export function resolved(color: string): string {
  const name = /^var\((--[a-z0-9-]+)\)$/.exec(color)?.[1];
  if (name === undefined) return color;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
