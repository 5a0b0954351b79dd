import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { statsQuery } from "../../api/queries";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { operations } from "../../i18n/words/operations";
import { faultOf, type Field, type Typed } from "./fields";

interface InputProps {
  field: Field;
  value: Typed[string] | undefined;
  tried: boolean;
  onChange: (value: string | boolean | string[]) => void;
}

/** One field of a request, by its rules. */
export function Input({ field, value, tried, onChange }: InputProps) {
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
