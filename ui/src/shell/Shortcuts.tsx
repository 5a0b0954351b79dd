import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useWords } from "../i18n/lang";
import { keys, shell } from "../i18n/words/shell";
import { PLACES } from "./places";

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Goes to the search field of the view; false where it has none. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  field?.focus();
  return field !== null;
}

/** The same, as soon as a view that is on its way is there. */
function focusSoon(tries = 40): void {
  if (!focusSearch() && tries > 0) setTimeout(() => focusSoon(tries - 1), 50);
}

/** Listens to the keyboard, and shows the shortcuts on `?`. */
export function Shortcuts({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
  const t = useWords(keys);
  const words = useWords(shell);
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    let going = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (Date.now() < going) {
        going = 0;
        const place = PLACES.find(({ key }) => key === event.key);
        if (place !== undefined) {
          event.preventDefault();
          void navigate({ to: place.to });
        }
      } else if (event.key === "g") {
        going = Date.now() + 1500;
      } else if (event.key === "?") {
        onOpen(true);
      } else if (event.key === "/") {
        event.preventDefault();
        if (!focusSearch()) void navigate({ to: "/ads" }).then(() => focusSoon());
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [navigate, onOpen]);

  useEffect(() => {
    if (open && dialog.current?.open === false) dialog.current.showModal();
    if (!open) dialog.current?.close();
  }, [open]);

  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={() => onOpen(false)}>
      <h2 id="keys-title">{t.title}</h2>
      <dl className="keys">
        <dt><kbd>/</kbd></dt>
        <dd>{t.search}</dd>
        {PLACES.map(({ key, name }) => (
          <div key={key}>
            <dt><kbd>g</kbd> <kbd>{key}</kbd></dt>
            <dd>{words[name]}</dd>
          </div>
        ))}
        <dt><kbd>Esc</kbd></dt>
        <dd>{t.escape}</dd>
        <dt><kbd>?</kbd></dt>
        <dd>{t.help}</dd>
      </dl>
      <button type="button" onClick={() => onOpen(false)}>{words.close}</button>
    </dialog>
  );
}
