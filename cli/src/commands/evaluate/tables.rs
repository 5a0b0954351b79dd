//! The results as tables, for the terminal and for the document.

use observatory_extraction::evaluate::score::{Class, Counts, Part, Precision, Prf, Report};

use super::{ClassResults, Results};
use crate::{
    output::{Output, Table, cell},
    words::{self, Lang},
};

/// A table with what stands above it.
pub(super) struct Block {
    pub(super) title: String,
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Block {
    fn new(title: String, headings: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        Self { title, headings, rows }
    }
}

/// Prints everything that was measured.
pub(super) fn print(out: &Output, results: &Results) {
    let lang = out.lang;
    out.line(head(lang, results));
    for block in blocks(lang, results).into_iter().chain(errors(lang, results)) {
        out.line("");
        out.line(out.bold(&block.title));
        let mut table = Table::new(&block.headings);
        block.rows.into_iter().for_each(|row| table.row(row));
        table.print(out);
    }
}

/// What was measured with what.
pub(super) fn head(lang: Lang, results: &Results) -> String {
    words::evaluated_with(
        lang,
        &results.extractor_version,
        &results.taxonomy_version,
        whole(lang, results.esco_concepts),
        whole(lang, results.labels_looked_for),
        lang.decimal(results.min_confidence.into(), 2),
        lang.decimal(results.min_confidence_soft.into(), 2),
    )
}

/// All tables that say nothing of single ads.
pub(super) fn blocks(lang: Lang, results: &Results) -> Vec<Block> {
    let mut blocks = Vec::new();
    let classes: Vec<&ClassResults> = results.hard.iter().chain(&results.soft).collect();
    if !classes.is_empty() {
        blocks.push(scores(lang, results, &classes));
        blocks.push(parts(lang, &classes));
        blocks.push(precisions(lang, &classes));
        blocks.push(ceilings(lang, &classes));
        blocks.push(calibrations(lang, &classes));
    }
    blocks.extend(fit(lang, results));
    if !results.spans.is_empty() {
        blocks.push(spans(lang, results));
    }
    if !results.linking.is_empty() {
        blocks.push(linking(lang, results));
    }
    blocks
}

fn scores(lang: Lang, results: &Results, classes: &[&ClassResults]) -> Block {
    let mut headings = vec![words::system(lang), words::class(lang)];
    headings.extend(right([words::labels(lang), words::predicted(lang), words::right(lang)]));
    headings.extend(right(["P", "R", "F1"]));
    headings.push(format!(">{}", words::macro_f1(lang)));
    headings.extend(right([words::pooled(lang, "P"), words::pooled(lang, "R"), words::pooled(lang, "F1")]));
    let row = |name: String, report: &Report| {
        let mut row = vec![name, class(lang, report.class)];
        row.extend(counts(lang, &report.counts));
        row.extend(prf(lang, &report.micro));
        row.push(lang.decimal(report.macro_f1, 3));
        row.extend(prf(lang, &report.pooled));
        row
    };
    let ours = classes.iter().map(|c| row(words::ours(lang), &c.report));
    let rows = ours.chain(results.peers.iter().map(|p| row(cell(&p.name, 40), &p.report))).collect();
    Block::new(words::scores(lang, whole(lang, classes[0].report.ads)), headings, rows)
}

fn parts(lang: Lang, classes: &[&ClassResults]) -> Block {
    let mut headings = vec![words::class(lang), words::part(lang)];
    headings.extend(right([words::ads(lang), words::labels(lang), words::predicted(lang), words::right(lang)]));
    headings.extend(right(["P", "R", "F1"]));
    let mut rows = Vec::new();
    for results in classes {
        let report = &results.report;
        for part in report.by_language.iter().chain(&report.by_country) {
            rows.push(part_row(lang, class(lang, report.class), part));
        }
    }
    Block::new(words::by_language_and_country(lang), headings, rows)
}

fn part_row(lang: Lang, first: String, part: &Part) -> Vec<String> {
    let mut row = vec![first, named(&part.key), whole(lang, part.ads)];
    row.extend(counts(lang, &part.counts));
    row.extend(prf(lang, &part.micro));
    row
}

fn precisions(lang: Lang, classes: &[&ClassResults]) -> Block {
    let headings = [words::class(lang), words::by(lang), words::part(lang)];
    let numbers = right([words::predicted(lang), words::right(lang), words::precision(lang)]);
    let mut rows = Vec::new();
    for results in classes {
        let report = &results.report;
        let groups: [(String, &[Precision]); 4] = [
            (words::found_how(lang), &report.by_mention),
            (words::method(lang), &report.by_method),
            (words::section(lang), &report.by_section),
            (words::kind(lang), if report.class == Class::Hard { &report.by_kind } else { &[] }),
        ];
        for (group, found) in groups {
            rows.extend(found.iter().map(|row| {
                let share = lang.decimal(row.precision, 3);
                let sizes = [whole(lang, row.predicted), whole(lang, row.right), share];
                [class(lang, report.class), group.clone(), named(&row.key)].into_iter().chain(sizes).collect()
            }));
        }
    }
    Block::new(words::precision_by(lang), headings.into_iter().chain(numbers).collect(), rows)
}

fn ceilings(lang: Lang, classes: &[&ClassResults]) -> Block {
    let mut headings = vec![words::class(lang), words::in_the_ad(lang)];
    headings.extend(right([
        words::labels(lang),
        words::share(lang),
        words::found(lang),
        words::unsure(lang),
        words::not_recognised(lang),
    ]));
    let mut rows = Vec::new();
    for results in classes {
        let ceiling = &results.ceiling;
        for (how, fate) in [
            (words::to_the_letter(lang), ceiling.letter),
            (words::another_form(lang), ceiling.form),
            (words::not_at_all(lang), ceiling.absent),
        ] {
            let share = lang.percent(fate.labels as f64 / ceiling.labels.max(1) as f64);
            let unknown = fate.labels.saturating_sub(fate.found + fate.unsure);
            let numbers = [fate.found, fate.unsure, unknown].map(|n| whole(lang, n));
            let first = [class(lang, results.report.class), how, whole(lang, fate.labels), share];
            rows.push(first.into_iter().chain(numbers).collect());
        }
    }
    Block::new(words::ceiling_title(lang), headings, rows)
}

fn calibrations(lang: Lang, classes: &[&ClassResults]) -> Block {
    let mut headings = vec![words::class(lang), words::confidence(lang)];
    headings.extend(right([words::findings(lang), words::mean_confidence(lang), words::share_right(lang)]));
    let mut rows = Vec::new();
    for results in classes {
        let (name, found) = (class(lang, results.report.class), &results.calibration);
        for bin in found.bins.iter().filter(|bin| bin.n > 0) {
            let range = format!("{}-{}", lang.decimal(bin.from, 1), lang.decimal(bin.from + 0.1, 1));
            let means = [lang.decimal(bin.confidence, 3), lang.decimal(bin.right, 3)];
            rows.push([name.clone(), range, whole(lang, bin.n)].into_iter().chain(means).collect());
        }
        let (error, brier) = (lang.decimal(found.expected_error, 3), lang.decimal(found.brier, 3));
        rows.push(vec![name, words::all(lang), whole(lang, found.n), format!("ECE {error}"), format!("Brier {brier}")]);
    }
    Block::new(words::calibration_title(lang), headings, rows)
}

fn fit(lang: Lang, results: &Results) -> Option<Block> {
    let fitted = results.fit.as_ref()?;
    let mut headings = vec![words::judged_by(lang), words::class(lang)];
    headings.extend(right(["P", "R", "F1"]));
    let mut rows = Vec::new();
    for (name, pair) in [
        (words::the_same_ads(lang), &fitted.fitted),
        (words::other_ads(lang, fitted.folds), &fitted.cross_validated),
        (words::other_ads_apart(lang), &fitted.cross_validated_apart),
    ] {
        for (of, figures) in [(Class::Hard, &pair.hard), (Class::Soft, &pair.soft)] {
            let mut row = vec![name.clone(), class(lang, of)];
            row.extend(prf(lang, figures));
            rows.push(row);
        }
    }
    let title = words::fit_title(
        lang,
        whole(lang, fitted.findings),
        whole(lang, fitted.ads),
        lang.decimal(fitted.lambda, 1),
        lang.decimal(fitted.threshold_hard, 2),
        lang.decimal(fitted.threshold_soft, 2),
    );
    Some(Block::new(title, headings, rows))
}

fn spans(lang: Lang, results: &Results) -> Block {
    let mut headings = vec![words::system(lang), words::source(lang)];
    headings.extend(right([words::sentences_heading(lang), words::labels(lang), words::predicted(lang)]));
    headings.extend(right(["P", "R", "F1"].map(|x| words::exact(lang, x))));
    headings.extend(right(["P", "R", "F1"].map(|x| words::overlapping(lang, x))));
    let row = |system: &super::SystemSpans| {
        let report = &system.report;
        let sizes = [report.sentences, report.counts.labels, report.counts.predicted].map(|n| whole(lang, n));
        let mut row = vec![cell(&system.name, 40), named(&report.source)];
        row.extend(sizes);
        row.extend(prf(lang, &report.exact));
        row.extend(prf(lang, &report.overlapping));
        row
    };
    Block::new(words::spans_title(lang), headings, results.spans.iter().map(row).collect())
}

fn linking(lang: Lang, results: &Results) -> Block {
    let mut headings = vec![words::file(lang)];
    headings.extend(right([
        words::rows(lang),
        words::without_label(lang),
        words::unknown_label(lang),
        words::counted(lang),
        words::exact_matching(lang),
        words::accuracy_at_1(lang),
        words::recall_at_10(lang),
    ]));
    let row = |found: &super::FileLinking| {
        let report = &found.report;
        let sizes = [report.rows, report.unlabelled, report.unknown_labels, report.counted].map(|n| whole(lang, n));
        let shares = [report.exact_matching, report.accuracy_at_1, report.recall_at_10].map(|x| lang.decimal(x, 3));
        [cell(&found.file, 60)].into_iter().chain(sizes).chain(shares).collect()
    };
    Block::new(words::linking_title(lang), headings, results.linking.iter().map(row).collect())
}

/// The lists of errors, where they were asked for; they quote the labelled ads.
fn errors(lang: Lang, results: &Results) -> Vec<Block> {
    let mut blocks = Vec::new();
    for report in results.hard.iter().chain(&results.soft).map(|c| &c.report) {
        let name = class(lang, report.class);
        for (title, list) in
            [(words::most_missed(lang, &name), &report.missed), (words::most_false(lang, &name), &report.false_finds)]
        {
            let rows: Vec<Vec<String>> =
                list.iter().map(|row| vec![whole(lang, row.ads), cell(&row.name, 60)]).collect();
            if !rows.is_empty() {
                blocks.push(Block::new(title, vec![format!(">{}", words::ads(lang)), words::skill(lang)], rows));
            }
        }
        if !report.worst_ads.is_empty() {
            let mut headings = vec![words::class(lang), words::ad(lang)];
            headings.extend(right([words::ads(lang), words::labels(lang), words::predicted(lang), words::right(lang)]));
            headings.extend(right(["P", "R", "F1"]));
            let rows = report.worst_ads.iter().map(|ad| part_row(lang, name.clone(), ad)).collect();
            blocks.push(Block::new(words::worst_ads(lang), headings, rows));
        }
    }
    blocks
}

fn class(lang: Lang, class: Class) -> String {
    match class {
        Class::Hard => words::hard(lang),
        Class::Soft => words::soft(lang),
    }
}

fn named(key: &str) -> String {
    if key.is_empty() { "-".to_owned() } else { cell(key, 40) }
}

fn whole(lang: Lang, n: usize) -> String {
    lang.number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn counts(lang: Lang, counts: &Counts) -> [String; 3] {
    [counts.labels, counts.predicted, counts.right].map(|n| whole(lang, n))
}

fn prf(lang: Lang, figures: &Prf) -> [String; 3] {
    [figures.precision, figures.recall, figures.f1].map(|x| lang.decimal(x, 3))
}

/// Headings of columns of numbers.
fn right<S: AsRef<str>>(headings: impl IntoIterator<Item = S>) -> Vec<String> {
    headings.into_iter().map(|heading| format!(">{}", heading.as_ref())).collect()
}
