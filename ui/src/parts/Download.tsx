import { useState } from "react";
import { useWords } from "../i18n/lang";
import { common } from "../i18n/words/common";
import { svgOf, type Chart } from "../lib/chart";
import { csvOf, jsonlOf, parquetOf, pngOf, save, type Table } from "../lib/files";
import { ErrorNote } from "./Notes";

interface Props {
  table: () => Table | Promise<Table>;
  chart?: () => Chart;
  /** Address of the chart alone, to be shown in other pages. */
  embed?: string;
}

/** Takes a table and its chart away as files, or into another page. */
export function Download({ table, chart, embed }: Props) {
  const t = useWords(common);
  const [failed, setFailed] = useState<unknown>(null);
  const [copied, setCopied] = useState(false);
  const run = (work: () => Promise<void>) => () => {
    setFailed(null);
    work().catch((error: unknown) => setFailed(error));
  };
  const csv = run(async () => {
    const made = await table();
    save(`${made.name}.csv`, csvOf(made), "text/csv;charset=utf-8");
  });
  const jsonl = run(async () => {
    const made = await table();
    save(`${made.name}.jsonl`, jsonlOf(made), "application/jsonl");
  });
  const parquet = run(async () => {
    const made = await table();
    save(`${made.name}.parquet`, await parquetOf(made), "application/vnd.apache.parquet");
  });
  const svg = run(async () => {
    if (chart) save(`${(await table()).name}.svg`, svgOf(chart()).svg, "image/svg+xml");
  });
  const png = run(async () => {
    if (!chart) return;
    const made = svgOf(chart());
    save(`${(await table()).name}.png`, await pngOf(made.svg, made.width, made.height), "image/png");
  });
  const code = embed === undefined ? "" : `<iframe src="${embed}" width="100%" height="640" style="border:0" loading="lazy"></iframe>`;
  const copy = run(async () => {
    await navigator.clipboard.writeText(code);
    setCopied(true);
  });
  return (
    <div className="take">
      <span className="soft">{t.download}</span>
      <button type="button" className="link" onClick={csv}>CSV</button>
      <button type="button" className="link" onClick={jsonl}>JSONL</button>
      <button type="button" className="link" onClick={parquet}>Parquet</button>
      {chart ? <button type="button" className="link" onClick={svg}>SVG</button> : null}
      {chart ? <button type="button" className="link" onClick={png}>PNG</button> : null}
      {embed !== undefined ? (
        <details>
          <summary>{t.embed}</summary>
          <p className="small">{t.embedHelp}</p>
          <textarea readOnly rows={3} value={code} aria-label={t.embed} />
          <button type="button" onClick={copy}>{copied ? t.copied : t.copy}</button>
        </details>
      ) : null}
      {failed !== null ? <ErrorNote error={failed} /> : null}
    </div>
  );
}
