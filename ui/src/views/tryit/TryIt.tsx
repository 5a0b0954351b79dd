import { create } from "@bufbuild/protobuf";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState, type FormEvent } from "react";
import { client, patientClient } from "../../api/client";
import { ExtractionMethod, Pipeline, SkillType } from "../../gen/observatory/common/v1/common_pb";
import { ExtractedSkillSchema, ExtractorService, type ExtractedSkill, type ExtractSkillsResponse } from "../../gen/observatory/extractor/v1/extractor_pb";
import { LlmService, type EnhancedSkill, type ExtractSkillsResponse as ModelResponse } from "../../gen/observatory/llm/v1/llm_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { tryit } from "../../i18n/words/tryit";
import { Legend, MarkedText } from "../../parts/MarkedText";
import { Empty, ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { SkillList } from "../../parts/SkillList";

interface Text {
  title: string;
  text: string;
}

/** Extraction on a text of the reader's own: rules beside a language model, where there is one. */
export function TryIt() {
  const t = useWords(tryit);
  const id = useId();
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const [model, setModel] = useState("");
  const stop = useRef(new AbortController());
  const models = useQuery({ queryKey: ["models"], queryFn: ({ signal }) => client(LlmService).listModels({}, { signal }) });
  const rules = useMutation({ mutationFn: (asked: Text) => client(ExtractorService).extractSkills({ ...asked, explain: true }) });
  const asked = useMutation({
    mutationFn: (what: Text & { model: string }) => patientClient(LlmService).extractSkills({ ...what, pipeline: Pipeline.B }, { signal: stop.current.signal }),
  });
  useEffect(() => () => stop.current.abort(), []);
  const available = models.data?.models ?? [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    rules.mutate({ title, text });
    asked.reset();
    stop.current.abort();
    stop.current = new AbortController();
    if (model !== "") asked.mutate({ title, text, model });
  };
  return (
    <div className="page">
      <Title>{t.title}</Title>
      <p className="soft">{t.lead}</p>
      <form onSubmit={submit} className="prose">
        <p>
          <label htmlFor={`${id}-title`}>{t.jobTitle}</label>
          <input id={`${id}-title`} className="whole" maxLength={2000} value={title} onChange={(event) => setTitle(event.target.value)} />
        </p>
        <p>
          <label htmlFor={`${id}-text`}>{t.text}</label>
          <textarea id={`${id}-text`} rows={9} required maxLength={200_000} value={text} onChange={(event) => setText(event.target.value)} />
        </p>
        {available.length > 0 ? (
          <p>
            <label htmlFor={`${id}-model`}>{t.model}</label>{" "}
            <select id={`${id}-model`} value={model} onChange={(event) => setModel(event.target.value)}>
              <option value="">{t.noneModel}</option>
              {available.map((one) => <option key={one.name} value={one.name} disabled={!one.available}>{one.name}</option>)}
            </select>
          </p>
        ) : models.isSuccess ? <p className="soft small">{t.noModel}</p> : null}
        <div className="actions">
          <button type="submit" className="primary" disabled={rules.isPending}>{rules.isPending ? t.running : t.run}</button>
          <button type="button" className="link" onClick={() => { setTitle(t.sampleTitle); setText(t.sampleText); }}>{t.sample}</button>
        </div>
      </form>
      <div className="columns">
        <section>
          {rules.isError ? <ErrorNote error={rules.error} /> : null}
          {rules.isPending ? <Skeleton rows={6} /> : null}
          {rules.data ? <ByRules found={rules.data} /> : null}
        </section>
        {asked.isIdle ? null : (
          <section>
            {asked.isPending ? <p role="status">{t.wait} <button type="button" className="link" onClick={() => stop.current.abort()}>{t.cancel}</button></p> : null}
            {asked.isError ? <ErrorNote error={asked.error} /> : null}
            {asked.data ? <ByModel found={asked.data} /> : null}
          </section>
        )}
      </div>
    </div>
  );
}

function ByRules({ found }: { found: ExtractSkillsResponse }) {
  const t = useWords(tryit);
  const f = useFormat();
  return (
    <>
      <h2>{t.a}</h2>
      <p className="soft small num" role="status">{t.found(f.int(found.distinctSkills), f.number(found.timeUs / 1000))} · {t.versions(found.extractorVersion, found.taxonomyVersion)}</p>
      {found.skills.length === 0 ? <Empty title={t.nothing} /> : <Legend skills={found.skills} />}
      <MarkedText text={found.text} skills={found.skills} />
      <SkillList skills={found.skills} />
      {found.dismissed.length > 0 ? (
        <details>
          <summary>{t.dismissed} ({f.int(found.dismissed.length)})</summary>
          <ul>{found.dismissed.map((one, index) => <li key={index}>{one.skillText || one.name}: <span className="soft">{one.reason}</span></li>)}</ul>
        </details>
      ) : null}
      {found.candidates.length > 0 ? <p className="small"><span className="soft">{t.candidates}: </span>{[...new Set(found.candidates.map((one) => one.text))].join(", ")}</p> : null}
    </>
  );
}

/** A model's skill in the form that marks a text. */
function asExtracted(one: EnhancedSkill): ExtractedSkill {
  const { skill, span } = one;
  return create(ExtractedSkillSchema, {
    skill: skill ?? { skillId: one.normalizedSkill, name: one.normalizedSkill },
    skillText: one.originalSkillText,
    skillType: one.skillType || SkillType.EXPLICIT,
    extractionMethod: ExtractionMethod.LLM,
    confidenceScore: one.llmConfidence,
    reason: one.llmReasoning,
    impliedBy: one.impliedBy,
    ...(span === undefined ? {} : { span }),
  });
}

function ByModel({ found }: { found: ModelResponse }) {
  const t = useWords(tryit);
  const f = useFormat();
  const skills = found.skills.filter((one) => !one.isDuplicate).map(asExtracted);
  return (
    <>
      <h2>{t.b}: {found.model}</h2>
      <p className="soft small num" role="status">{t.foundB(f.int(skills.length), f.number(found.processingTimeSeconds), f.int(found.tokensUsed))}</p>
      <MarkedText text={found.text} skills={skills} />
      <SkillList skills={skills} />
      {found.dropped.length > 0 ? (
        <details>
          <summary>{t.dropped} ({f.int(found.dropped.length)})</summary>
          <ul>{found.dropped.map((one, index) => <li key={index}>{one.text}: <span className="soft">{one.reason}</span></li>)}</ul>
        </details>
      ) : null}
    </>
  );
}
