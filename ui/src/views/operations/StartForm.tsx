import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useMemo, useRef, useState, type FormEvent } from "react";
import { statsQuery } from "../../api/queries";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { operations } from "../../i18n/words/operations";
import { work } from "../../i18n/words/work";
import { ErrorNote } from "../../parts/Notes";
import { faultOf, fieldsOf, jsonOf, type Field, type Typed } from "./fields";
import { requestId, STARTERS } from "./starters";

/** Starts work: the form is made of the contract's request and its rules. */
export function StartForm() {
  const t = useWords(operations);
  const kinds = useWords(work);
  const id = useId();
  const navigate = useNavigate();
  const [kind, setKind] = useState(STARTERS[0]?.kind ?? "");
  const [typed, setTyped] = useState<Typed>({});
  const [tried, setTried] = useState(false);
  const request = useRef(requestId());
  const starter = STARTERS.find((one) => one.kind === kind);
  const fields = useMemo(() => (starter ? fieldsOf(starter.schema) : []), [starter]);
  const start = useMutation({
    mutationFn: async () => {
      if (starter === undefined) throw new Error("nothing to start");
      // The same id while it is tried again: it never starts twice.
      return starter.start({ ...jsonOf(fields, typed), request_id: request.current });
    },
    onSuccess: (operation) => {
      request.current = requestId();
      void navigate({ to: "/operations/$id", params: { id: operation.name.replace(/^operations\//, "") } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (fields.every((field) => faultOf(field, typed[field.name]) === null)) start.mutate();
  };
  const choose = (next: string) => {
    setKind(next);
    setTyped({});
    setTried(false);
    request.current = requestId();
    start.reset();
  };
  return (
    <details className="start">
      <summary>{t.start}…</summary>
      <form onSubmit={submit} noValidate>
        <div className="fields">
          <div>
            <label htmlFor={`${id}-kind`}>{t.what}</label>
            <select id={`${id}-kind`} value={kind} onChange={(event) => choose(event.target.value)}>
              {STARTERS.map((one) => <option key={one.kind} value={one.kind}>{kinds[one.kind] ?? one.kind}</option>)}
            </select>
          </div>
          {fields.map((field) => (
            <Input key={`${kind}.${field.name}`} field={field} value={typed[field.name]} tried={tried}
              onChange={(value) => {
                // Another request deserves another id.
                request.current = requestId();
                setTyped((before) => ({ ...before, [field.name]: value }));
              }} />
          ))}
        </div>
        {start.isError ? <ErrorNote error={start.error} /> : null}
        <button type="submit" className="primary" disabled={start.isPending}>{start.isPending ? t.starting : t.start}</button>
      </form>
    </details>
  );
}

interface InputProps {
  field: Field;
  value: Typed[string] | undefined;
  tried: boolean;
  onChange: (value: string | boolean | string[]) => void;
}

function Input({ field, value, tried, onChange }: InputProps) {
  const t = useWords(operations);
  const f = useFormat();
  const id = useId();
  const stats = useQuery({ ...statsQuery, enabled: field.name === "portal" || field.name === "country" });
  const label = t.fields[field.name] ?? field.name;
  const fault = tried ? faultOf(field, value) : null;
  const said = fault === null ? "" : "limit" in fault ? t.rule[fault.kind](f.int(fault.limit)) : t.rule[fault.kind];
  const text = typeof value === "string" ? value : "";
  if (field.control === "check") {
    return (
      <label className="check">
        <input type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
        {label}
      </label>
    );
  }
  if (field.control === "choices") {
    const chosen = Array.isArray(value) ? value : [];
    return (
      <fieldset>
        <legend>{label}</legend>
        {field.values.map((name) => (
          <label key={name} className="check">
            <input type="checkbox" checked={chosen.includes(name)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))} />
            {t.values[name] ?? name}
          </label>
        ))}
      </fieldset>
    );
  }
  if (field.control === "choice") {
    return (
      <div>
        <label htmlFor={id}>{label}</label>
        <select id={id} value={text} onChange={(event) => onChange(event.target.value)}>
          <option value="">{t.usual}</option>
          {field.values.map((name) => <option key={name} value={name}>{t.values[name] ?? name}</option>)}
        </select>
      </div>
    );
  }
  const known = Object.keys((field.name === "portal" ? stats.data?.jobsByPortal : stats.data?.jobsByCountry) ?? {});
  const listed = field.name === "portal" || field.name === "country";
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <input id={id} type={field.control === "number" ? "number" : "text"} value={text} min={field.least} max={field.most}
        maxLength={field.maxLength} required={field.required} list={listed ? `${id}-list` : undefined}
        aria-invalid={said !== "" ? true : undefined} aria-describedby={said !== "" ? `${id}-fault` : undefined}
        onChange={(event) => onChange(field.name === "country" ? event.target.value.toUpperCase() : event.target.value)} />
      {listed ? <datalist id={`${id}-list`}>{known.map((one) => <option key={one} value={one} />)}</datalist> : null}
      {said !== "" ? <p id={`${id}-fault`} className="fault">{said}</p> : null}
    </div>
  );
}
