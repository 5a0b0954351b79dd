import { useId, useState } from "react";
import { ExtractionMethod, SkillType } from "../gen/observatory/common/v1/common_pb";
import type { ExtractedSkill } from "../gen/observatory/extractor/v1/extractor_pb";
import { useFormat } from "../i18n/format";
import { useLang, useWords } from "../i18n/lang";
import { ads } from "../i18n/words/ads";
import { common } from "../i18n/words/common";
import { cut } from "../lib/text";
import { nameOf } from "../views/skills/question";

/** Why a mention counts, in one line. */
export function useReason(): (found: ExtractedSkill) => string {
  const t = useWords(ads);
  const c = useWords(common);
  const f = useFormat();
  return (found) => {
    const demand = found.demand;
    const years = demand?.yearsMin !== undefined
      ? t.years(f.number(demand.yearsMin, 0), demand.yearsMax === undefined ? "" : f.number(demand.yearsMax, 0))
      : "";
    return [
      c.methods[found.extractionMethod],
      `${t.confidence} ${f.number(found.confidenceScore, 2)}`,
      c.sections[found.sourceSection],
      demand?.necessity ? c.necessities[demand.necessity] : "",
      years,
      demand?.level ? `${t.level} ${demand.level}` : "",
      demand?.version ? `${t.version} ${demand.version}` : "",
      found.impliedBy ? t.implied(found.impliedBy) : "",
      found.reason,
    ].filter(Boolean).join(" · ");
  };
}

/** A text with its skills marked, by method; hovering or focusing one says why it counts. */
export function MarkedText({ text, skills, chosen = "" }: { text: string; skills: ExtractedSkill[]; chosen?: string }) {
  const id = useId();
  const lang = useLang();
  const reason = useReason();
  const [at, setAt] = useState<number | null>(null);
  const named = skills.filter((found) => found.skillType !== SkillType.IMPLICIT && found.span !== undefined);
  const pieces = cut(text, named.map((found) => ({ start: found.span?.start ?? 0, end: found.span?.end ?? 0, value: found })));
  return (
    <div className="marked">
      {pieces.map((piece, index) => {
        const [first] = piece.marks;
        if (first === undefined) return <span key={index}>{piece.text}</span>;
        const method = first.extractionMethod || ExtractionMethod.REGEX;
        const picked = chosen !== "" && piece.marks.some((found) => found.skill?.skillId === chosen);
        return (
          <span key={index} className="mark-at">
            <mark tabIndex={0} className={`m-${method}${picked ? " picked" : ""}`} aria-describedby={at === index ? id : undefined}
              onMouseEnter={() => setAt(index)} onMouseLeave={() => setAt(null)} onFocus={() => setAt(index)} onBlur={() => setAt(null)}>
              {piece.text}
            </mark>
            {at === index ? (
              <span role="tooltip" id={id} className="tip">
                {piece.marks.map((found) => (
                  <span key={`${found.skill?.skillId}${found.extractionMethod}`}>
                    <strong>{nameOf(found.skill, lang)}</strong>
                    {reason(found)}
                  </span>
                ))}
              </span>
            ) : null}
          </span>
        );
      })}
    </div>
  );
}

/** What the colours of the marks mean. */
export function Legend({ skills }: { skills: ExtractedSkill[] }) {
  const c = useWords(common);
  const used = [...new Set(skills.map((found) => found.extractionMethod))].filter((method) => method !== ExtractionMethod.UNSPECIFIED);
  return (
    <p className="small legend">
      {used.map((method) => <mark key={method} className={`m-${method}`}>{c.methods[method]}</mark>)}
    </p>
  );
}
