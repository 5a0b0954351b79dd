import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { statsQuery } from "../../api/queries";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { common, kinds } from "../../i18n/words/common";
import { skills } from "../../i18n/words/skills";
import { Word } from "../../parts/Word";
import { PERIODS } from "../../lib/period";
import type { SkillSearch } from "./question";

interface Props {
  search: SkillSearch;
  /** The days that the period means, for the reader to check. */
  days: { from: string; to: string };
  onChange: (change: SkillSearch) => void;
}

function byCount(counts: Record<string, number> | undefined): string[] {
  return Object.entries(counts ?? {}).sort((a, b) => b[1] - a[1]).map(([key]) => key);
}

/** The question as a sentence whose words are its filters. */
export function Question({ search, days, onChange }: Props) {
  const t = useWords(skills);
  const names = useWords(kinds);
  const f = useFormat();
  const id = useId();
  const stats = useQuery(statsQuery);
  const countries = byCount(stats.data?.jobsByCountry);
  const codes = [...new Set([...countries, search.country ?? "", ...(search.vs ?? "").split(",")])].filter((code) => code !== "");
  const vs = (search.vs ?? "").split(",").filter((code) => code !== "");
  const earlier = search.against === "before";
  const setVs = (index: number, value: string) => {
    if (value === "before") return onChange({ against: "before", vs: "" });
    const next = [...vs];
    if (value === "") next.splice(index, 1);
    else next[index] = value;
    onChange({ against: "", vs: next.join(","), country: search.country ?? "" });
  };
  const own = (search.period ?? "").includes("..");
  const [from = "", to = ""] = own ? (search.period ?? "").split("..") : [];
  const others = (index: number) => codes.filter((code) => code !== search.country && (vs[index] === code || !vs.includes(code)));
  const kindOptions = Object.entries(names).sort((a, b) => a[1].localeCompare(b[1]));
  return (
    <div className="question" role="group" aria-label={t.question}>
      <p>
        {t.question}{" "}
        <Word label={t.question} value={search.kind ?? ""} onChange={(kind) => onChange({ kind })}
          options={[["", t.all], ...kindOptions.map(([key, name]): [string, string] => [key, `· ${name}`])]} />{" "}
        {t.in}{" "}
        <Word label={t.in} value={search.country ?? ""} onChange={(country) => onChange({ country })}
          options={[["", t.everywhere], ...codes.map((code): [string, string] => [code, f.country(code)])]} />{" "}
        {t.versus}{" "}
        <Word label={t.versus} value={earlier ? "before" : (vs[0] ?? "")} onChange={(value) => setVs(0, value)}
          options={[["", t.nobody], ["before", t.before], ...others(0).map((code): [string, string] => [code, f.country(code)])]} />{" "}
        {vs.slice(0, 2).map((code, index) => (
          <span key={code}>
            {t.and}{" "}
            <Word label={t.and} value={vs[index + 1] ?? ""} onChange={(value) => setVs(index + 1, value)}
              options={[["", t.nobody], ...others(index + 1).map((other): [string, string] => [other, f.country(other)])]} />{" "}
          </span>
        ))}
        {t.during}{" "}
        <Word label={t.during} value={own ? "own" : (search.period ?? "all")}
          onChange={(period) => onChange({ period: period === "own" ? `${days.from}..${days.to}` : period === "all" ? "" : period })}
          options={[["all", t.periods.all], ...(Object.keys(PERIODS) as (keyof typeof PERIODS)[]).map((key): [string, string] => [key, t.periods[key]]), ["own", t.periods.own]]} />
      </p>
      {own ? (
        <p className="own-days">
          <label htmlFor={`${id}-from`}>{t.from}</label>{" "}
          <input id={`${id}-from`} type="date" value={from} onChange={(event) => onChange({ period: `${event.target.value}..${to}` })} />{" "}
          <label htmlFor={`${id}-to`}>{t.to}</label>{" "}
          <input id={`${id}-to`} type="date" value={to} onChange={(event) => onChange({ period: `${from}..${event.target.value}` })} />
        </p>
      ) : null}
      {!own && days.to !== "" ? <p className="soft small">{t.until(f.day(days.from), f.day(days.to))}</p> : null}
      {earlier && days.from === "" ? <p role="status" className="soft small">{t.noBefore}</p> : null}
      <MoreFilters search={search} onChange={onChange} portals={byCount(stats.data?.jobsByPortal)} />
    </div>
  );
}

function MoreFilters({ search, onChange, portals }: { search: SkillSearch; onChange: Props["onChange"]; portals: string[] }) {
  const t = useWords(skills);
  const c = useWords(common);
  const id = useId();
  const set = (["portal", "method", "necessity", "pipeline", "implied", "q"] as const).filter((name) => search[name]);
  const field = (name: keyof SkillSearch, label: string, options: [string, string][]) => (
    <div>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <select id={`${id}-${name}`} value={search[name] ?? ""} onChange={(event) => onChange({ [name]: event.target.value })}>
        {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </div>
  );
  return (
    <details className="more" open={set.length > 0}>
      <summary>{t.moreFilters}{set.length > 0 ? ` (${set.length})` : ""}</summary>
      <div className="fields">
        <div>
          <label htmlFor={`${id}-q`}>{t.name}</label>
          <input id={`${id}-q`} type="search" maxLength={100} value={search.q ?? ""} onChange={(event) => onChange({ q: event.target.value })} />
        </div>
        {field("portal", t.portal, [["", t.anyPortal], ...portals.map((portal): [string, string] => [portal, portal])])}
        {field("necessity", t.necessity, [["", t.anyNecessity], ["required", c.necessities[1] ?? ""], ["desirable", c.necessities[2] ?? ""]])}
        {field("method", t.method, [["", t.anyMethod], ["regex", c.methods[2] ?? ""], ["esco", c.methods[3] ?? ""], ["ner", c.methods[1] ?? ""]])}
        {field("pipeline", t.pipeline, [["", c.pipelines[1] ?? ""], ["b", c.pipelines[2] ?? ""], ["hybrid", c.pipelines[3] ?? ""]])}
        <label className="check">
          <input type="checkbox" checked={search.implied === "1"} onChange={(event) => onChange({ implied: event.target.checked ? "1" : "" })} />
          {t.implied}
        </label>
        {set.length > 0 ? (
          <button type="button" className="link" onClick={() => onChange({ portal: "", method: "", necessity: "", pipeline: "", implied: "", q: "" })}>
            {t.clear}
          </button>
        ) : null}
      </div>
    </details>
  );
}
