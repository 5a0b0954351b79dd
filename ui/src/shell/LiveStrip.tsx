import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import type { OperationView } from "../api/operation";
import { useFormat } from "../i18n/format";
import { useWords } from "../i18n/lang";
import { shell } from "../i18n/words/shell";
import { work } from "../i18n/words/work";
import { liveNow, seen, subscribeLive } from "./live";

function Running({ operation }: { operation: OperationView }) {
  const t = useWords(shell);
  const kinds = useWords(work);
  const f = useFormat();
  const percent = Math.floor(operation.percent);
  return (
    <Link to="/operations/$id" params={{ id: operation.id }} className="live-op">
      <span className="live-bar" aria-hidden="true">
        <span style={{ width: `${operation.percent}%` }} />
      </span>
      <span>{kinds[operation.kind] ?? operation.kind}</span>
      {operation.done ? (
        <span>{t.ended}</span>
      ) : (
        <span className="num">
          {f.percent(percent)}{operation.eta > 0 ? ` · ${t.left(f.duration(operation.eta))}` : ""}
        </span>
      )}
    </Link>
  );
}

/** The quiet line at the foot of every view: what is running, and whether what is shown has grown old. */
export function LiveStrip() {
  const t = useWords(shell);
  const f = useFormat();
  const live = useSyncExternalStore(subscribeLive, liveNow);
  const queries = useQueryClient();
  const [first, second, ...rest] = live.operations;
  const refresh = () => {
    seen();
    void queries.invalidateQueries();
  };
  return (
    <footer className="live">
      <div className="live-inner">
        {!live.linked ? <span role="status">{t.unlinked}</span> : null}
        {first === undefined && live.linked ? <span className="soft">{t.calm}</span> : null}
        {first !== undefined ? <Running operation={first} /> : null}
        {second !== undefined ? <Running operation={second} /> : null}
        {rest.length > 0 ? <Link to="/operations">{t.more(f.int(rest.length))}</Link> : null}
        {live.changes > 0 ? (
          <span className="live-new">
            <span className="num">{t.newData(f.int(live.changes))}</span>{" "}
            <button type="button" className="link" onClick={refresh}>
              {t.refresh}
            </button>
          </span>
        ) : null}
      </div>
    </footer>
  );
}
