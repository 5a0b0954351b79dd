import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { setLang, useLang, useWords } from "../i18n/lang";
import { shell } from "../i18n/words/shell";
import { LiveStrip } from "./LiveStrip";
import { startLive } from "./live";
import { PLACES } from "./places";
import { Shortcuts } from "./Shortcuts";
import { toggleTheme, useTheme } from "./theme";

/** What stands around every view. */
export function Shell() {
  const t = useWords(shell);
  const lang = useLang();
  const theme = useTheme();
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const first = useRef(path);
  const openHelp = useCallback((open: boolean) => setHelp(open), []);

  useEffect(() => startLive(), []);
  useEffect(() => {
    // A new view is read from its beginning, by eye and by ear.
    if (first.current !== path) main.current?.focus({ preventScroll: true });
    first.current = path;
    // On a phone the sections are a line that scrolls.
    document.querySelector(".top nav a.active")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);

  return (
    <>
      <a className="skip" href="#main">{t.skip}</a>
      <header className="top">
        <div className="top-inner">
          <Link to="/" className="brand">{t.short}</Link>
          <nav aria-label={t.nav}>
            {PLACES.map(({ to, name }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === "/", includeSearch: false }} preload="intent">
                {t[name]}
              </Link>
            ))}
          </nav>
          <div className="top-tools">
            <button type="button" className="link" lang={lang === "es" ? "en" : "es"} onClick={() => setLang(lang === "es" ? "en" : "es")}>
              {t.otherLanguage}
            </button>
            <button type="button" className="link" onClick={toggleTheme}>{theme === "dark" ? t.light : t.dark}</button>
            <button type="button" className="link keys-button" onClick={() => setHelp(true)}>{t.shortcuts}</button>
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <LiveStrip />
      <Shortcuts open={help} onOpen={openHelp} />
    </>
  );
}
