import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useWords } from "../../i18n/lang";
import { map as words } from "../../i18n/words/map";
import { fitting, inside, Nearest, toMap, toScreen, wholeView, zoomed, type Places, type View } from "./geometry";
import { painterOf, type Look, type Painter } from "./painter";

/** A name that may be drawn at a place of the map. */
export interface Label {
  x: number;
  y: number;
  text: string;
  strong: boolean;
  color: string;
}

interface Props {
  places: Places;
  look: Look;
  /** Names, the most important first. */
  labels: Label[];
  /** What to say of a point. */
  describe: (index: number) => string;
  onChoose: (index: number) => void;
  onLasso: (indices: number[]) => void;
  /** Shows this part; a new object moves the view. */
  target: { x: number; y: number; span: number } | null;
  label: string;
}

const STEP = 1.4;
/** Density first: few names over the whole, more and then single ones as the view comes nearer. */
const FIRST_LABELS = 16;
const MOST_LABELS = 70;
const SINGLE = 1.8;

/** A scatter of many points: drag, wheel, pinch, keys, lasso; names where there is room. */
export function Scatter({ places, look, labels, describe, onChoose, onLasso, target, label }: Props) {
  const t = useWords(words);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter | null>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [view, setView] = useState<View | null>(null);
  const [hovered, setHovered] = useState(-1);
  const [drawing, setDrawing] = useState(false);
  const [line, setLine] = useState<[number, number][]>([]);
  const pointers = useRef(new Map<number, [number, number]>());
  const moved = useRef(0);
  const nearest = useMemo(() => new Nearest(places), [places]);
  const whole = useMemo(() => wholeView(places, size.width, size.height), [places, size]);
  const now = view ?? whole;
  const { width, height } = size;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (canvas.current === null) return undefined;
    painter.current = painterOf(canvas.current, places);
    setView(null);
    return () => {
      painter.current = null;
    };
  }, [places]);

  useEffect(() => painter.current?.look(look), [look, places]);

  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const element = canvas.current;
      if (element === null || width === 0) return;
      const ratio = Math.min(window.devicePixelRatio, 2);
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (element.width !== w || element.height !== h) [element.width, element.height] = [w, h];
      painter.current?.draw(now, width, height, ratio, Math.min(3, Math.max(1, (now.scale / whole.scale) ** 0.35)));
    });
    return () => cancelAnimationFrame(frame);
  }, [now, look, width, height, whole, places]);

  useEffect(() => {
    if (target !== null && width > 0) setView({ x: target.x, y: target.y, scale: Math.min(width, height) / Math.max(target.span, 1e-3) });
    // Moves only when the target does.
  }, [target]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const [x, y] = at(event);
      setView((before) => zoomed(before ?? whole, width, height, x, y, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015))));
    };
    // React listens passively, and the page would scroll.
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [whole, width, height]);

  const at = (event: { clientX: number; clientY: number }): [number, number] => {
    const frame = box.current?.getBoundingClientRect();
    return [event.clientX - (frame?.left ?? 0), event.clientY - (frame?.top ?? 0)];
  };

  const down = (event: PointerEvent) => {
    if (event.target instanceof HTMLButtonElement) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, at(event));
    moved.current = 0;
    if (drawing) setLine([at(event)]);
  };
  const move = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    const place = at(event);
    if (before === undefined) {
      const [x, y] = toMap(now, width, height, ...place);
      setHovered(nearest.at(x, y, 12 / now.scale));
      return;
    }
    moved.current += Math.hypot(place[0] - before[0], place[1] - before[1]);
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, place);
    if (drawing) {
      setLine((points) => [...points, place]);
    } else if (other !== undefined) {
      const factor = Math.hypot(place[0] - other[0], place[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1]));
      setView(zoomed(now, width, height, (place[0] + other[0]) / 2, (place[1] + other[1]) / 2, factor));
    } else {
      setView({ ...now, x: now.x - (place[0] - before[0]) / now.scale, y: now.y + (place[1] - before[1]) / now.scale });
    }
  };
  const up = (event: PointerEvent) => {
    if (!pointers.current.delete(event.pointerId)) return;
    if (drawing && line.length > 2) {
      const found: number[] = [];
      for (let index = 0; index < places.xs.length; index += 1) {
        if (inside(line, ...toScreen(now, width, height, places.xs[index] ?? 0, places.ys[index] ?? 0))) found.push(index);
      }
      onLasso(found);
      setLine([]);
      setDrawing(false);
    } else if (moved.current < 4) {
      const [x, y] = toMap(now, width, height, ...at(event));
      const found = nearest.at(x, y, 12 / now.scale);
      if (found >= 0) onChoose(found);
    }
  };
  const zoom = (factor: number) => setView(zoomed(now, width, height, width / 2, height / 2, factor));
  const press = (event: KeyboardEvent) => {
    const shift: Record<string, [number, number]> = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const by = shift[event.key];
    if (by !== undefined) setView({ ...now, x: now.x + by[0] / now.scale, y: now.y + by[1] / now.scale });
    else if (event.key === "+") zoom(STEP);
    else if (event.key === "-") zoom(1 / STEP);
    else if (event.key === "0") setView(null);
    else return;
    event.preventDefault();
  };

  const wishes = labels.map(({ x, y, text, strong }) => {
    const [px, py] = toScreen(now, width, height, x, y);
    return { x: px, y: strong ? py : py - 11, width: text.length * (strong ? 7.6 : 6.4) + 6, height: 17 };
  });
  const near = now.scale / whole.scale;
  const strong = labels.findIndex((one) => !one.strong);
  const offered = near < SINGLE && strong >= 0 ? wishes.slice(0, strong) : wishes;
  const shown = width > 0 ? fitting(offered, width, height, Math.min(MOST_LABELS, Math.round(FIRST_LABELS * near ** 1.5))) : [];
  const hover = hovered >= 0 ? toScreen(now, width, height, places.xs[hovered] ?? 0, places.ys[hovered] ?? 0) : null;

  return (
    <div className="scatter">
      <div ref={box} className={drawing ? "scatter-box drawing" : "scatter-box"} role="application" aria-label={label} tabIndex={0} onKeyDown={press}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} onPointerLeave={() => setHovered(-1)}>
        <canvas ref={canvas} />
        <svg className="scatter-over" aria-hidden="true" width={width} height={height}>
          {shown.map((index) => {
            const wish = wishes[index];
            const one = labels[index];
            return wish && one ? <text key={`${one.text}${index}`} x={wish.x} y={wish.y + 4} className={one.strong ? "strong" : undefined} fill={one.color}>{one.text}</text> : null;
          })}
          {line.length > 1 ? <polygon points={line.map((point) => point.join()).join(" ")} /> : null}
          {hover !== null ? <circle cx={hover[0]} cy={hover[1]} r="9" /> : null}
        </svg>
        {hover !== null ? (
          <div className="tip" style={{ left: Math.min(hover[0] + 12, Math.max(0, width - 220)), top: hover[1] + 12 }}>{describe(hovered)}</div>
        ) : null}
      </div>
      <div className="actions small">
        <button type="button" onClick={() => zoom(STEP)}>{t.zoomIn}</button>
        <button type="button" onClick={() => zoom(1 / STEP)}>{t.zoomOut}</button>
        <button type="button" onClick={() => setView(null)}>{t.whole}</button>
        <button type="button" aria-pressed={drawing} onClick={() => setDrawing(!drawing)}>{t.lasso}</button>
        {drawing ? <span role="status">{t.lassoOn}</span> : <span className="soft">{t.hint}</span>}
      </div>
    </div>
  );
}
