import { useQueries } from "@tanstack/react-query";
import { useId } from "react";
import { client } from "../../api/client";
import { JobService } from "../../gen/observatory/jobs/v1/jobs_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { ads } from "../../i18n/words/ads";

interface Filter {
  country: string;
  portal: string;
  postedFrom: string;
  postedTo: string;
  skill: string;
  status: number;
}

interface Props {
  title: string;
  name: "country" | "portal";
  /** Ads in all, by value: what can be chosen. */
  counts: Record<string, number>;
  value: string;
  query: string;
  filter: Filter;
  label: (key: string) => string;
  onChange: (value: string) => void;
}

const MOST = 8;

async function count(query: string, filter: Filter, signal: AbortSignal): Promise<number> {
  const answer = query === ""
    ? await client(JobService).listJobs({ ...filter, limit: 1 }, { signal })
    : await client(JobService).searchJobs({ query, filter, limit: 1 }, { signal });
  return answer.total;
}

/** Values to choose from, each with the ads it would leave under the other filters. */
export function Facet({ title, name, counts, value, query, filter, label, onChange }: Props) {
  const t = useWords(ads);
  const f = useFormat();
  const id = useId();
  const keys = Object.entries(counts).sort((a, b) => b[1] - a[1]).map(([key]) => key).slice(0, MOST);
  const shown = value !== "" && !keys.includes(value) ? [...keys, value] : keys;
  const narrowed = query !== "" || Object.entries(filter).some(([key, one]) => key !== name && one !== "" && one !== 0);
  const totals = useQueries({
    queries: shown.map((key) => ({
      queryKey: ["facet", name, key, query, filter],
      queryFn: ({ signal }: { signal: AbortSignal }) => count(query, { ...filter, [name]: key }, signal),
      enabled: narrowed,
      staleTime: 60_000,
    })),
  });
  return (
    <fieldset>
      <legend>{title}</legend>
      {["", ...shown].map((key, index) => {
        const n = key === "" ? undefined : narrowed ? totals[index - 1]?.data : counts[key];
        return (
          <label key={key} className="facet">
            <input type="radio" name={`${id}-${name}`} checked={value === key} onChange={() => onChange(key)} />
            <span>{key === "" ? t.any : label(key)}</span>
            <span className="num soft">{n === undefined ? "" : f.int(n)}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
