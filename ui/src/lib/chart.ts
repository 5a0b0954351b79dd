import { resolved } from "./colors";

/** A share with its interval, drawn in a colour. */
export interface Point {
  share: number;
  low: number;
  high: number;
  color: string;
  text: string;
}

/** A chart that leaves the page: one line per skill, a bar for one point, dots for several. */
export interface Chart {
  title: string;
  subtitle: string;
  source: string;
  legend: { label: string; color: string }[];
  rows: { label: string; points: Point[] }[];
  end: number;
}

const WIDTH = 860;
const LEFT = 240;
const RIGHT = 110;

const escape = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function lines(text: string, most: number): string[] {
  const found: string[] = [""];
  for (const word of text.split(" ")) {
    const last = found[found.length - 1] ?? "";
    if (last !== "" && last.length + word.length > most) found.push(word);
    else found[found.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return found;
}

/** Draws a chart as a file of its own: nothing in it refers to the page. */
export function svgOf(chart: Chart): { svg: string; width: number; height: number } {
  const ink = resolved("var(--ink)");
  const soft = resolved("var(--soft)");
  const titles = lines(chart.title, 70);
  const sources = lines(chart.source, 130);
  const several = chart.rows.some((row) => row.points.length > 1);
  const each = several ? 14 + 9 * Math.max(...chart.rows.map((row) => row.points.length)) : 26;
  const top = 24 + titles.length * 24 + 24 + (chart.legend.length > 1 ? 22 : 0);
  const height = top + chart.rows.length * each + 24 + sources.length * 16 + 8;
  const x = (value: number) => LEFT + (Math.min(value, chart.end) / chart.end) * (WIDTH - LEFT - RIGHT);
  const out: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${ink}">`,
    `<title>${escape(chart.title)}</title><rect width="100%" height="100%" fill="${resolved("var(--bg)")}"/>`,
    ...titles.map((line, index) => `<text x="16" y="${32 + index * 24}" font-size="19" font-weight="600">${escape(line)}</text>`),
    `<text x="16" y="${32 + titles.length * 24}" fill="${soft}">${escape(chart.subtitle)}</text>`,
  ];
  if (chart.legend.length > 1) {
    let at = 16;
    for (const { label, color } of chart.legend) {
      out.push(`<circle cx="${at + 5}" cy="${top - 18}" r="5" fill="${resolved(color)}"/><text x="${at + 15}" y="${top - 13}">${escape(label)}</text>`);
      at += 34 + label.length * 7;
    }
  }
  chart.rows.forEach((row, index) => {
    const y = top + index * each;
    const middle = y + each / 2;
    out.push(`<text x="${LEFT - 12}" y="${middle + 4}" text-anchor="end">${escape(row.label.length > 34 ? `${row.label.slice(0, 33)}…` : row.label)}</text>`);
    row.points.forEach((point, place) => {
      const color = resolved(point.color);
      const at = several ? y + 11 + place * 9 : middle;
      if (several) {
        out.push(`<line x1="${x(point.low)}" x2="${x(point.high)}" y1="${at}" y2="${at}" stroke="${color}"/><circle cx="${x(point.share)}" cy="${at}" r="4" fill="${color}"/>`);
      } else {
        out.push(`<rect x="${LEFT}" y="${at - 8}" width="${x(point.share) - LEFT}" height="16" fill="${color}"/><line x1="${x(point.low)}" x2="${x(point.high)}" y1="${at}" y2="${at}" stroke="${ink}"/>`);
      }
    });
    out.push(`<text x="${WIDTH - 16}" y="${middle + 4}" text-anchor="end" fill="${soft}">${escape(row.points.map((point) => point.text).join("  "))}</text>`);
  });
  sources.forEach((line, index) => out.push(`<text x="16" y="${height - 8 - (sources.length - 1 - index) * 16}" font-size="11" fill="${soft}">${escape(line)}</text>`));
  out.push("</svg>");
  return { svg: out.join(""), width: WIDTH, height };
}
