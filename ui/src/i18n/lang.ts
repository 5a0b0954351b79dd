import { useSyncExternalStore } from "react";

/** Languages that the page is written in. */
export type Lang = "es" | "en";

/** The same words in both languages, written side by side. */
export interface Pair<T> {
  es: T;
  en: T;
}

/** Puts the two side by side; the English has all that the Spanish has, and nothing else. */
export function pair<T>(es: T, en: NoInfer<T>): Pair<T> {
  return { es, en };
}

const KEY = "observatory.lang";
const listeners = new Set<() => void>();

function first(): Lang {
  const asked = new URLSearchParams(window.location.search).get("lang");
  if (asked === "es" || asked === "en") return asked;
  const kept = readKept(KEY);
  if (kept === "es" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "es";
}

/** Reads a kept setting; null where there is none or storage is shut. */
export function readKept(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a setting, where storage is open. */
export function keep(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse: the setting then holds until the page is left.
  }
}

let current: Lang = first();
document.documentElement.lang = current;

/** The language now. */
export function getLang(): Lang {
  return current;
}

/** Changes the language everywhere. */
export function setLang(lang: Lang): void {
  current = lang;
  document.documentElement.lang = lang;
  keep(KEY, lang);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The language now, and again when it changes. */
export function useLang(): Lang {
  return useSyncExternalStore(subscribe, getLang);
}

/** Words in the reader's language. */
export function useWords<T>(words: Pair<T>): T {
  return words[useLang()];
}
