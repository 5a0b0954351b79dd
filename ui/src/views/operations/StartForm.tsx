import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useMemo, useRef, useState, type FormEvent } from "react";
import { useWords } from "../../i18n/lang";
import { operations } from "../../i18n/words/operations";
import { work } from "../../i18n/words/work";
import { ErrorNote } from "../../parts/Notes";
import { faultOf, fieldsOf, jsonOf, type Typed } from "./fields";
import { Input } from "./Input";
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
