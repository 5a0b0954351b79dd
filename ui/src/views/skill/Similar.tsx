import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../api/client";
import { EmbedderService } from "../../gen/observatory/embedder/v1/embedder_pb";
import { useFormat } from "../../i18n/format";
import { useLang, useWords } from "../../i18n/lang";
import { skill as words } from "../../i18n/words/skill";
import { ErrorNote, Skeleton } from "../../parts/Notes";
import { nameOf } from "../skills/question";

/** Skills that mean something similar, by vectors. */
export function Similar({ id, query }: { id: string; query: string }) {
  const t = useWords(words);
  const f = useFormat();
  const lang = useLang();
  const found = useQuery({
    queryKey: ["similar", query],
    queryFn: ({ signal }) => client(EmbedderService).searchSimilarSkills({ query, limit: 11 }, { signal }),
    enabled: query !== "",
  });
  const rows = found.data?.skills.filter((row) => row.skill?.skillId !== id).slice(0, 10) ?? [];
  return (
    <section>
      <h2>{t.similar}</h2>
      {found.isPending ? <Skeleton rows={10} /> : found.isError ? <ErrorNote error={found.error} again={() => void found.refetch()} /> : rows.length === 0 ? (
        <p className="soft">{t.noSimilar}</p>
      ) : (
        <>
          <ul className="skill-list">
            {rows.map((row) => (
              <li key={row.skill?.skillId}>
                <Link to="/skills/$id" params={{ id: row.skill?.skillId ?? "" }} title={row.reason} preload="intent">{nameOf(row.skill, lang)}</Link>
                <span className="num soft">{f.number(row.similarity, 2)}</span>
              </li>
            ))}
          </ul>
          <p className="soft small">{t.similarHelp} {found.data.modelName}</p>
        </>
      )}
    </section>
  );
}
