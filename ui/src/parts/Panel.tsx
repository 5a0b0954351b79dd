import { useEffect, useRef, type ReactNode } from "react";
import { useWords } from "../i18n/lang";
import { shell } from "../i18n/words/shell";

/** A side panel: beside the view where there is room, over it where there is none. Escape closes it. */
export function Panel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const t = useWords(shell);
  const heading = useRef<HTMLHeadingElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus({ preventScroll: true });
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape" && document.querySelector("dialog[open]") === null) close.current();
    };
    document.addEventListener("keydown", press);
    return () => {
      document.removeEventListener("keydown", press);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);

  return (
    <aside className="panel" aria-label={title}>
      <div className="panel-head">
        <h2 ref={heading} tabIndex={-1}>{title}</h2>
        <button type="button" className="link" onClick={onClose}>{t.close}</button>
      </div>
      {children}
    </aside>
  );
}
