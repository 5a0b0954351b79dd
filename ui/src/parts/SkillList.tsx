import { Link } from "@tanstack/react-router";
import type { ExtractedSkill } from "../gen/observatory/extractor/v1/extractor_pb";
import { useFormat } from "../i18n/format";
import { useLang, useWords } from "../i18n/lang";
import { ads } from "../i18n/words/ads";
import { nameOf } from "../views/skills/question";
import { useReason } from "./MarkedText";

/** The skills of an ad, once each, the surest mention first. */
export function SkillList({ skills }: { skills: ExtractedSkill[] }) {
  const t = useWords(ads);
  const f = useFormat();
  const lang = useLang();
  const reason = useReason();
  const best = new Map<string, ExtractedSkill>();
  for (const found of skills) {
    const id = found.skill?.skillId ?? "";
    const before = best.get(id);
    if (before === undefined || before.confidenceScore < found.confidenceScore) best.set(id, found);
  }
  const sorted = [...best.values()].sort((a, b) => b.confidenceScore - a.confidenceScore);
  if (sorted.length === 0) return null;
  return (
    <section>
      <h2>{t.skills} <span className="soft num">{f.int(sorted.length)}</span></h2>
      <ul className="skill-list">
        {sorted.map((found) => (
          <li key={found.skill?.skillId}>
            <Link to="/skills/$id" params={{ id: found.skill?.skillId ?? "" }} title={reason(found)} preload="intent">{nameOf(found.skill, lang)}</Link>
            {found.impliedBy ? <span className="soft small"> {t.implied(found.impliedBy)}</span> : null}
            <span className="num soft">{f.number(found.confidenceScore, 2)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
