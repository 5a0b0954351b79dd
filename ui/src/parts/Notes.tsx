import { Link } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { problemOf } from "../api/problem";
import { useFormat } from "../i18n/format";
import { useWords } from "../i18n/lang";
import { errors, reasons } from "../i18n/words/errors";
import { shell } from "../i18n/words/shell";

/** What went wrong, whether anything was lost, and what to do. */
export function ErrorNote({ error, again }: { error: unknown; again?: () => void }) {
  const t = useWords(errors);
  const known = useWords(reasons);
  const f = useFormat();
  const problem = problemOf(error);
  const words = known[problem.reason] ?? t.unknown;
  return (
    <div className="note error" role="alert">
      <p className="note-title">{words.what}</p>
      <p>{words.help}</p>
      {problem.retryAfter > 0 ? <p>{t.wait(f.duration(problem.retryAfter))}</p> : null}
      {problem.fields.length > 0 ? (
        <ul>
          {problem.fields.map((field) => (
            <li key={field.field}><code>{field.field}</code>: {field.description}</li>
          ))}
        </ul>
      ) : null}
      {again ? <button type="button" onClick={again}>{t.again}</button> : null}
      <details>
        <summary>{t.detail}</summary>
        <p className="soft"><code>{problem.reason || problem.code}</code> {problem.message}</p>
      </details>
    </div>
  );
}

/** Says that there is nothing yet, and how there can be. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="note">
      <p className="note-title">{title}</p>
      {children}
    </div>
  );
}

/** Holds the place of rows that are on their way. */
export function Skeleton({ rows, height = 28 }: { rows: number; height?: number }) {
  const t = useWords(shell);
  return (
    <div role="status" aria-label={t.loading} className="skeleton">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} style={{ height: height - 8 }} />
      ))}
    </div>
  );
}

/** The title of the view, also of the window. */
export function Title({ children, hidden = false }: { children: string; hidden?: boolean }) {
  const t = useWords(shell);
  useEffect(() => {
    document.title = `${children} · ${t.name}`;
  }, [children, t.name]);
  return <h1 className={hidden ? "hidden" : undefined}>{children}</h1>;
}

/** An address that is none. */
export function NotFound() {
  const t = useWords(shell);
  return (
    <div className="page">
      <Title>{t.notFound}</Title>
      <p>{t.notFoundHelp}</p>
      <p><Link to="/">{t.toHome}</Link></p>
    </div>
  );
}

/** A view that threw. */
export function Broken({ error }: { error: unknown }) {
  const t = useWords(shell);
  return (
    <div className="page note error" role="alert">
      <p className="note-title">{t.broken}</p>
      <p>{t.brokenHelp}</p>
      <button type="button" onClick={() => window.location.reload()}>{t.reload}</button>
      <p className="soft"><code>{error instanceof Error ? error.message : String(error)}</code></p>
    </div>
  );
}
