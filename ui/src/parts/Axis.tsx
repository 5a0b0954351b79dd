import type { Format } from "../i18n/format";

/** Round places of an axis from zero to `end`. */
export function ticksOf(end: number): number[] {
  return [0, end / 2, end];
}

/** The scale over the bars. */
export function Axis({ end, f }: { end: number; f: Format }) {
  return (
    <span className="axis" aria-hidden="true">
      {ticksOf(end).map((tick, index, all) => (
        <span key={tick} className={index === 0 ? "axis-first" : index === all.length - 1 ? "axis-last" : ""} style={{ left: `${(tick / end) * 100}%` }}>
          {f.percent(tick * 100, tick * 100 < 3 && tick > 0 ? 1 : 0)}
        </span>
      ))}
    </span>
  );
}
