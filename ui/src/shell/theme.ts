import { useSyncExternalStore } from "react";
import { keep, readKept } from "../i18n/lang";

const KEY = "observatory.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export type Theme = "light" | "dark";

function now(): Theme {
  const kept = readKept(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return dark.matches ? "dark" : "light";
}

let current = now();

function apply(): void {
  current = now();
  document.documentElement.dataset["theme"] = current;
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
apply();

/** Changes between light and dark, and remembers it. */
export function toggleTheme(): void {
  keep(KEY, current === "dark" ? "light" : "dark");
  apply();
}

/** The theme now, and again when it changes. */
export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
