import { useQuery } from "@tanstack/react-query";
import { client } from "../api/client";
import { ExtractorService } from "../gen/observatory/extractor/v1/extractor_pb";
import { LlmService } from "../gen/observatory/llm/v1/llm_pb";
import { useWords } from "../i18n/lang";
import { about } from "../i18n/words/sources";
import { Title } from "../parts/Notes";

/** How each number is made, with which versions, and where it is weak. */
export function About() {
  const t = useWords(about);
  // The extractor tells its versions with every answer.
  const extractor = useQuery({ queryKey: ["versions"], queryFn: ({ signal }) => client(ExtractorService).extractSkills({ text: "Python" }, { signal }) });
  const models = useQuery({ queryKey: ["models"], queryFn: ({ signal }) => client(LlmService).listModels({}, { signal }) });
  const facts: [string, string][] = [
    [t.extractor, extractor.data?.extractorVersion ?? "…"],
    [t.taxonomy, extractor.data?.taxonomyVersion ?? "…"],
    [t.prompts, models.data?.promptVersion ?? "…"],
    [t.models, models.data ? models.data.models.map((model) => model.name).join(", ") || t.none : "…"],
  ];
  return (
    <div className="page">
      <Title>{t.title}</Title>
      <div className="prose">
        {t.sections.map(([title, text]) => <section key={title}><h2>{title}</h2><p>{text}</p></section>)}
        <h2>{t.versions}</h2>
        <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><code>{value}</code></dd></div>)}</dl>
        <p>{t.api}</p>
        <p className="soft small">{t.credit}</p>
      </div>
    </div>
  );
}
