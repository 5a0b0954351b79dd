import { fromJson } from "@bufbuild/protobuf";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useId, useMemo, useState, type FormEvent } from "react";
import { client } from "../../api/client";
import { ScheduleSchema, ScheduleService } from "../../gen/observatory/schedules/v1/schedules_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { schedules as words } from "../../i18n/words/schedules";
import { work } from "../../i18n/words/work";
import { ErrorNote } from "../../parts/Notes";
import { faultOf, fieldsOf, jsonOf, type Typed } from "../operations/fields";
import { Input } from "../operations/Input";
import { STARTERS } from "../operations/starters";

/** What schedules can start; the others are for people only. */
const KINDS = STARTERS.filter(({ kind }) => kind !== "embedder.batch_find_same_meaning");

/** Adds a schedule; its next times are shown while it is typed. */
export function AddSchedule() {
  const t = useWords(words);
  const kinds = useWords(work);
  const f = useFormat();
  const id = useId();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [cron, setCron] = useState("0 5 * * *");
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [kind, setKind] = useState(KINDS[0]?.kind ?? "");
  const [typed, setTyped] = useState<Typed>({});
  const [tried, setTried] = useState(false);
  const starter = KINDS.find((one) => one.kind === kind);
  const fields = useMemo(() => (starter ? fieldsOf(starter.schema) : []), [starter]);
  const when = useDeferredValue(`${cron}\n${zone}`);
  const preview = useQuery({
    queryKey: ["preview", when],
    queryFn: ({ signal }) => {
      const [asked = "", timeZone = ""] = when.split("\n");
      return client(ScheduleService).previewSchedule({ cron: asked, timeZone, count: 3 }, { signal });
    },
    enabled: tried || cron !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const add = useMutation({
    mutationFn: () =>
      client(ScheduleService).createSchedule({
        schedule: fromJson(ScheduleSchema, { schedule_id: name, cron, time_zone: zone, operation_kind: kind, request: jsonOf(fields, typed) }),
      }),
    onSuccess: () => {
      setName("");
      setTried(false);
      return queries.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (fields.every((field) => faultOf(field, typed[field.name]) === null)) add.mutate();
  };
  return (
    <details className="start">
      <summary>{t.add}…</summary>
      <form onSubmit={submit}>
        <div className="fields">
          <div>
            <label htmlFor={`${id}-name`}>{t.name}</label>
            <input id={`${id}-name`} required pattern="[a-z0-9\-]{1,64}" value={name} onChange={(event) => setName(event.target.value)} />
          </div>
          <div>
            <label htmlFor={`${id}-cron`}>{t.cron}</label>
            <input id={`${id}-cron`} required maxLength={100} value={cron} onChange={(event) => setCron(event.target.value)} />
          </div>
          <div>
            <label htmlFor={`${id}-zone`}>{t.zone}</label>
            <input id={`${id}-zone`} maxLength={64} value={zone} onChange={(event) => setZone(event.target.value)} />
          </div>
          <div>
            <label htmlFor={`${id}-kind`}>{t.what}</label>
            <select id={`${id}-kind`} value={kind} onChange={(event) => { setKind(event.target.value); setTyped({}); setTried(false); }}>
              {KINDS.map((one) => <option key={one.kind} value={one.kind}>{kinds[one.kind] ?? one.kind}</option>)}
            </select>
          </div>
          {fields.map((field) => (
            <Input key={`${kind}.${field.name}`} field={field} value={typed[field.name]} tried={tried}
              onChange={(value) => setTyped((before) => ({ ...before, [field.name]: value }))} />
          ))}
        </div>
        {preview.isError ? <ErrorNote error={preview.error} /> : preview.data ? <p className="small"><span className="soft">{t.preview}: </span>{preview.data.runTimes.map((at) => f.moment(at)).join(" · ")}</p> : null}
        {add.isError ? <ErrorNote error={add.error} /> : null}
        <button type="submit" className="primary" disabled={add.isPending}>{t.save}</button>
      </form>
    </details>
  );
}
