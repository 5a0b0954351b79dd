import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../api/client";
import { TaxonomyService, type Concept } from "../../gen/observatory/taxonomy/v1/taxonomy_pb";
import { useLang, useWords } from "../../i18n/lang";
import { skill as words } from "../../i18n/words/skill";
import { nameOf } from "../skills/question";

const LEVELS = 4;
const MOST = 12;

function conceptQuery(skillId: string) {
  return queryOptions({
    queryKey: ["concept", skillId],
    queryFn: ({ signal }) => client(TaxonomyService).getConcept({ skillId }, { signal }),
    enabled: skillId !== "",
    staleTime: 600_000,
  });
}

/** The id in a concept's URI: what stands after the last colon or slash. */
function idOf(uri: string): string {
  return uri.split(/[:/]/).pop() ?? "";
}

function useWider(concept: Concept | undefined): Concept[] {
  // A fixed number of levels: hooks can't be called in a loop that ends with the data.
  const one = useQuery(conceptQuery(idOf(concept?.broaderConceptUri ?? ""))).data;
  const two = useQuery(conceptQuery(idOf(one?.broaderConceptUri ?? ""))).data;
  const three = useQuery(conceptQuery(idOf(two?.broaderConceptUri ?? ""))).data;
  return [three, two, one].filter((found) => found !== undefined).slice(-LEVELS);
}

/** Where a concept stands: what is wider, what is narrower, what ESCO calls it. */
export function Place({ id }: { id: string }) {
  const t = useWords(words);
  const lang = useLang();
  const concept = useQuery(conceptQuery(id)).data;
  const wider = useWider(concept);
  const narrower = useQueries({
    queries: (concept?.narrowerConceptUris ?? []).slice(0, MOST).map((uri) => conceptQuery(idOf(uri))),
  }).map((one) => one.data).filter((one) => one !== undefined);
  if (concept === undefined) return null;
  const description = lang === "es" ? concept.descriptionEs || concept.descriptionEn : concept.descriptionEn || concept.descriptionEs;
  const esco = concept.skill?.escoUri ?? "";
  return (
    <section aria-label={t.place}>
      {wider.length > 0 ? (
        <ol className="crumbs small">
          {wider.map((one) => <li key={one.skill?.skillId}><Link to="/skills/$id" params={{ id: one.skill?.skillId ?? "" }}>{nameOf(one.skill, lang)}</Link></li>)}
          <li aria-current="page">{nameOf(concept.skill, lang)}</li>
        </ol>
      ) : null}
      {description !== "" ? <p>{description}</p> : null}
      {narrower.length > 0 ? (
        <p className="small"><span className="soft">{t.narrower}: </span>
          {narrower.map((one, index) => (
            <span key={one.skill?.skillId}>{index > 0 ? ", " : ""}<Link to="/skills/$id" params={{ id: one.skill?.skillId ?? "" }}>{nameOf(one.skill, lang)}</Link></span>
          ))}
        </p>
      ) : null}
      {esco !== "" ? <p className="small"><span className="soft">{t.esco}: </span><a href={esco} rel="noreferrer noopener" target="_blank">{esco}</a></p> : null}
    </section>
  );
}
