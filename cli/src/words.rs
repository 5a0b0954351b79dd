//! Every sentence meant for people, in English and Spanish side by side, and how
//! numbers are written in each.

use std::fmt::Display;

/// Language of the human words. Messages of the server stay as it sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// Reads LC_ALL, LC_MESSAGES, LANG (the first that is set); English where they name neither.
    pub fn from_env() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set) {
            Some(locale) if locale.to_lowercase().starts_with("es") => Self::Es,
            _ => Self::En,
        }
    }

    /// A whole number with its thousands apart: 12,345 or 12.345.
    pub fn number(self, n: impl Into<i64>) -> String {
        let n = n.into();
        let digits = n.unsigned_abs().to_string();
        let separator = if self == Self::En { ',' } else { '.' };
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        if n < 0 {
            text.push('-');
        }
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i) % 3 == 0 {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// A number with `places` decimals: 1,234.5 or 1.234,5.
    pub fn decimal(self, x: f64, places: usize) -> String {
        if !x.is_finite() {
            return "-".into();
        }
        let text = format!("{x:.places$}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let sign = if whole.starts_with('-') { "-" } else { "" };
        let whole = self.number(whole.trim_start_matches('-').parse::<i64>().unwrap_or(i64::MAX));
        let point = if self == Self::En { "." } else { "," };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{point}{fraction}") }
    }

    /// A share (0 to 1) in percent: 45.3 % or 45,3 %.
    pub fn percent(self, share: f64) -> String {
        format!("{} %", self.decimal(share * 100.0, 1))
    }

    /// Seconds as people say them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min.
    pub fn seconds(self, seconds: f64) -> String {
        let whole = seconds.round() as u64;
        match whole {
            _ if !seconds.is_finite() || seconds < 0.0 => "-".into(),
            0..=9 => format!("{} s", self.decimal(seconds, 1)),
            10..=119 => format!("{whole} s"),
            120..=7199 => format!("{} min {:02} s", whole / 60, whole % 60),
            _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        }
    }

    /// Bytes: 512 B, 1.4 MB.
    pub fn bytes(self, n: u64) -> String {
        let (unit, places, divisor) = match n {
            0..1_000 => ("B", 0, 1.0),
            1_000..1_000_000 => ("kB", 1, 1e3),
            1_000_000..1_000_000_000 => ("MB", 1, 1e6),
            _ => ("GB", 2, 1e9),
        };
        format!("{} {unit}", self.decimal(n as f64 / divisor, places))
    }
}

macro_rules! words {
    ($($name:ident($($arg:ident),*): $en:literal | $es:literal;)*) => {
        $(#[doc = $en]
        pub fn $name(lang: Lang $(, $arg: impl Display)*) -> String {
            match lang {
                Lang::En => format!($en),
                Lang::Es => format!($es),
            }
        })*
    };
}

words! {
    // Errors.
    error(): "error" | "error";
    start_it(): "start it with: observatory up   (or ./dev up in the project's folder)"
        | "inícielo con: observatory up   (o ./dev up en la carpeta del proyecto)";
    interrupted(): "interrupted" | "interrumpido";

    // Import.
    reading(file): "reading {file}" | "leyendo {file}";
    waiting_for_server(): "waiting for the server's report" | "esperando el informe del servidor";
    import_report(file, seconds): "{file}: done in {seconds}" | "{file}: listo en {seconds}";
    dry_run(): "dry run: nothing was sent" | "simulacro: no se envió nada";
    received(): "received" | "recibidos";
    imported(): "imported" | "importados";
    would_import(): "would be sent" | "se enviarían";
    already_there(): "skipped (already there)" | "omitidos (ya estaban)";
    rejected(): "rejected" | "rechazados";
    ads_sent(n): "{n} ads" | "{n} avisos";
    line(n): "line {n}" | "línea {n}";
    duplicate(): "duplicate" | "duplicado";
    issues_more(n): "... and {n} more (--issues all lists them, --issues-file FILE keeps them)"
        | "... y {n} más (--issues all los lista, --issues-file ARCHIVO los guarda)";
    issues_cut(): "the list of issues is not complete: only the first 1,000 of each kind are kept; --issues-file has more"
        | "la lista de problemas no está completa: solo se guardan los primeros 1.000 de cada clase; --issues-file tiene más";
    read_as_1252(n, first): "not UTF-8, read as Windows-1252: {n} (the first: line {first})"
        | "no son UTF-8, leídas como Windows-1252: {n} (la primera: línea {first})";
    nul_removed(n, first): "NUL characters taken out: {n} (the first: line {first})"
        | "caracteres NUL quitados: {n} (el primero: línea {first})";
    columns_used(columns): "columns used: {columns}" | "columnas usadas: {columns}";

    // Operations.
    started(kind, id): "{kind}: operation {id}" | "{kind}: operación {id}";
    detached(id): "left running. Watch it: observatory operations watch {id}   Cancel it: observatory operations cancel {id}"
        | "sigue en marcha. Para verla: observatory operations watch {id}   Para cancelarla: observatory operations cancel {id}";
    parts_done(done, total): "{done} of {total} done" | "{done} de {total} listas";
    stage_skipped(why): "passed over: {why}" | "se omite: {why}";
    would_run(stage): "{stage}: would run" | "{stage}: se haría";
    would_scrape(portal, country): "  {portal} in {country}" | "  {portal} en {country}";
    cannot_run(stage, why): "{stage}: missing: {why}" | "{stage}: falta: {why}";
    events_missed(n): "{n} events were too many to show" | "{n} eventos no alcanzaron a mostrarse";
    reconnecting(why): "the connection broke ({why}); reconnecting" | "se cortó la conexión ({why}); reconectando";
    nothing_to_do(kind): "{kind}: nothing to do" | "{kind}: nada que hacer";
    finished(kind, state, done, seconds): "{kind}: {state}, {done} in {seconds}" | "{kind}: {state}, {done} en {seconds}";
    failed_items(n): "{n} failed" | "{n} fallaron";
    failures_more(n, id): "... and {n} more: observatory operations failures {id}   again: observatory operations retry {id}"
        | "... y {n} más: observatory operations failures {id}   otra vez: observatory operations retry {id}";
    cancelled(id): "{id}: cancellation requested" | "{id}: cancelación pedida";
    deleted(id): "{id}: deleted" | "{id}: borrada";
    no_operations(): "no operations" | "no hay operaciones";
    no_failures(): "no failures" | "sin fallas";

    // Tables.
    skill(): "skill" | "habilidad";
    kind(): "kind" | "clase";
    ads(): "ads" | "avisos";
    share(): "share" | "parte";
    interval(): "95 % interval" | "intervalo 95 %";
    mentions(): "mentions" | "menciones";
    confidence(): "confidence" | "confianza";
    reason(): "reason" | "motivo";
    reasons(): "Why they count" | "Por qué cuentan";
    dismissed(): "What stands there and does not count" | "Lo que aparece y no cuenta";
    unknown_skills(): "What may be a skill that the taxonomy lacks" | "Lo que puede ser una habilidad que falta en la taxonomía";
    lift(): "lift" | "lift";
    country(): "country" | "país";
    month(): "month" | "mes";
    found_as(): "found as" | "aparece como";
    section(): "section" | "sección";
    method(): "method" | "método";
    state(): "state" | "estado";
    total(): "total" | "total";
    done(): "done" | "hechos";
    failed(): "failed" | "fallaron";
    created(): "created" | "creada";
    posted(): "posted" | "publicado";
    title(): "title" | "título";
    company(): "company" | "empresa";
    label(): "label" | "etiqueta";
    similarity(): "similarity" | "similitud";
    source(): "source" | "fuente";
    item(): "item" | "elemento";
    attempts(): "attempts" | "intentos";
    why(): "why" | "motivo";
    text(): "text" | "texto";

    // Answers.
    top_of(place, n): "{place}, of {n} ads" | "{place}, de {n} avisos";
    all_countries(): "all countries" | "todos los países";
    no_skills(): "no skills yet: import ads, then observatory run" | "aún no hay habilidades: importe avisos y luego observatory run";
    no_skill_matches(): "no skill matches" | "ninguna habilidad coincide";
    asked_in(n, mentions): "{n} ads ask for it, {mentions} mentions" | "{n} avisos la piden, {mentions} menciones";
    co_occurring(skill, n): "beside {skill} ({n} ads):" | "junto con {skill} ({n} avisos):";
    by_country(): "by country" | "por país";
    by_month(): "by month" | "por mes";
    newest_ads(): "newest ads" | "avisos más recientes";
    shown_of(shown, total): "{shown} of {total}" | "{shown} de {total}";
    no_ads(): "no ads match" | "ningún aviso coincide";
    next_page(token): "next page: --page-token {token}" | "página siguiente: --page-token {token}";
    skills_found(n, distinct): "{n} mentions of {distinct} skills" | "{n} menciones de {distinct} habilidades";
    no_skills_found(): "no skills found" | "no se encontraron habilidades";
    not_usable(why): "not usable: {why}" | "no se puede usar: {why}";
    broader(): "broader" | "más amplio";
    narrower(): "narrower" | "más específicos";
    also(): "also" | "también";

    // Emerging skills.
    phrase(): "phrase" | "frase";
    employers(): "employers" | "empresas";
    first_seen(): "first seen" | "primera vez";
    last_seen(): "last seen" | "última vez";
    patterns(): "patterns" | "patrones";
    example(): "example" | "ejemplo";
    no_emerging(): "no phrase matches; ask for fewer ads and employers with --min-jobs 1 --min-companies 1.
Phrases come from extraction: observatory run, or observatory extract --again for ads that are done"
        | "ninguna frase coincide; pida menos avisos y empresas con --min-jobs 1 --min-companies 1.
Las frases salen de la extracción: observatory run, u observatory extract --again para los avisos ya hechos";
    none_decided(): "no phrase with this decision; decide on one with: observatory skills review PHRASE --help"
        | "ninguna frase con esta decisión; decida sobre una con: observatory skills review FRASE --help";
    review_next(): "decide: observatory skills review PHRASE --promote --kind tool   (or --alias-of ID, --reject)"
        | "para decidir: observatory skills review FRASE --promote --kind tool   (o --alias-of ID, --reject)";
    now_a_skill(phrase, name, id): "{phrase} is the skill {name} ({id}) now" | "{phrase} es ahora la habilidad {name} ({id})";
    now_a_label(phrase, name, id): "{phrase} is a label of {name} ({id}) now" | "{phrase} es ahora una etiqueta de {name} ({id})";
    now_rejected(phrase): "{phrase} is no skill, and is listed no more" | "{phrase} no es una habilidad y ya no se lista";
    now_open(phrase): "the decision on {phrase} is taken back" | "la decisión sobre {phrase} quedó sin efecto";
    contribute(): "To contribute it, put this into the file of its area in taxonomy/:"
        | "Para aportarla, ponga esto en el archivo de su área en taxonomy/:";
    used_from_now(version): "new extractions use it (taxonomy {version}); for ads that are done: observatory extract --again"
        | "las extracciones nuevas lo usan (taxonomía {version}); para los avisos ya hechos: observatory extract --again";

    // Scraping.
    spider(): "spider" | "araña";
    countries(): "countries" | "países";
    on(): "on" | "activa";
    off(): "off" | "apagada";
    checked(): "checked" | "revisada";
    last_crawl(): "last crawl" | "último rastreo";
    crawled(found, stored, failed): "{found} found, {stored} new, {failed} failed" | "{found} vistos, {stored} nuevos, {failed} fallidos";
    spider_off(name, why): "{name} is off: {why}" | "{name} está apagada: {why}";
    no_spider(name, names): "there is no spider {name}; there are {names}" | "no hay araña {name}; hay {names}";
    which_country(name, countries): "say --country: {name} covers {countries}" | "indique --country: {name} cubre {countries}";
    all_ads(): "all ads" | "todos los avisos";
    scrape_dry_run(portal, country, what): "dry run: would scrape {portal} {country}, {what}; nothing was fetched"
        | "simulacro: se rastrearía {portal} {country}, {what}; no se pidió nada";
    spider_holds(file, name): "{file}: {name} can be used" | "{file}: {name} se puede usar";
    page_is(kind, ads): "{kind}, {ads} ads" | "{kind}, {ads} avisos";
    field(): "field" | "campo";
    value(): "value" | "valor";
    meaning(): "meaning" | "significado";
    not_found_tried(field, tried): "{field} not found; tried {tried}" | "{field} no hallado; se probó {tried}";
    page_after(url): "next: {url}" | "siguiente: {url}";
    problem(): "problem" | "problema";

    // Stats.
    stat_ads(): "ads stored" | "avisos guardados";
    stat_cleaned(): "cleaned and usable" | "limpios y utilizables";
    stat_rejected(): "cleaned, not usable" | "limpios, no utilizables";
    stat_pending_cleaning(): "waiting to be cleaned" | "por limpiar";
    stat_pending_extraction(): "waiting for extraction" | "por extraer";
    stat_extracted(): "skills extracted" | "con habilidades extraídas";
    stat_failed(): "extraction failed" | "extracción fallida";
    stat_mentions(): "mentions of skills" | "menciones de habilidades";
    stat_distinct(): "different skills" | "habilidades distintas";
    stat_esco(): "ESCO concepts" | "conceptos ESCO";
    stat_posted(from, to): "posted from {from} to {to}" | "publicados de {from} a {to}";
    by_portal(): "by portal" | "por portal";
    by_language(): "by language" | "por idioma";
    by_reason(): "not usable because" | "no utilizables por";

    // Taxonomy.
    concepts_read(file, used, skipped, problems): "{file}: {used} rows used, {skipped} about something else, {problems} bad"
        | "{file}: {used} filas usadas, {skipped} sobre otra cosa, {problems} malas";
    concepts_sending(n): "sending {n} concepts" | "enviando {n} conceptos";
    concepts_report(received, added, changed, unchanged, rejected, seconds):
        "{received} concepts: {added} new, {changed} changed, {unchanged} unchanged, {rejected} rejected, in {seconds}"
        | "{received} conceptos: {added} nuevos, {changed} cambiados, {unchanged} sin cambio, {rejected} rechazados, en {seconds}";
    concepts_compared(): "dry run: compared only, nothing was written" | "simulacro: solo se comparó, no se escribió nada";
    concepts_changes(fields): "changes: {fields}" | "cambios: {fields}";
    concepts_changes_cut(n): "only the {n} most important changes are told" | "solo se informan los {n} cambios más importantes";
    concepts_more(n): "... and {n} more (--changes N shows more, --json all of them)"
        | "... y {n} más (--changes N muestra más, --json todos)";
    concepts_not_received(n): "{n} stored concepts were not in these files: retired, or of another file"
        | "{n} conceptos guardados no estaban en estos archivos: retirados, o de otro archivo";
    no_concepts(): "no concept matches" | "ningún concepto coincide";
    esco_attribution(): "This service uses the ESCO classification of the European Commission."
        | "This service uses the ESCO classification of the European Commission.";

    taxonomy_fault(): "fault" | "falla";
    taxonomy_warning(): "warning" | "aviso";
    taxonomy_more(n, check): "... and {n} more of {check} (--warnings N shows more, --json all of them)"
        | "... y {n} más de {check} (--warnings N muestra más, --json todos)";
    taxonomy_verdict(faults, warnings): "{faults} faults, {warnings} warnings" | "{faults} fallas, {warnings} avisos";
    taxonomy_held(concepts, files, labels): "{concepts} concepts in {files} files, {labels} labels"
        | "{concepts} conceptos en {files} archivos, {labels} etiquetas";
    taxonomy_labels(languages): "labels by language: {languages}" | "etiquetas por idioma: {languages}";
    taxonomy_kinds(kinds): "by kind: {kinds}" | "por clase: {kinds}";
    taxonomy_linked(to, n, share): "linked to {to}: {n} ({share})" | "enlazados con {to}: {n} ({share})";
    // Evaluation.
    evaluation(): "evaluation" | "evaluación";
    asked_about(system, done, all): "{system}: {done} of {all} ads" | "{system}: {done} de {all} avisos";
    no_answer(job, why): "{job}: no answer: {why}" | "{job}: sin respuesta: {why}";
    seconds_an_ad(): "s/ad" | "s/aviso";
    tokens_read(): "tokens in" | "tokens leídos";
    tokens_written(): "tokens out" | "tokens escritos";
    not_in_ad(): "not in ad" | "no en aviso";
    dropped(): "dropped" | "descartadas";
    repaired_or_cut(): "repaired/cut" | "reparados/cortados";
    unanswered(): "no answer" | "sin respuesta";
    compiling_labels(): "reading labels" | "leyendo etiquetas";
    linking_phrases(): "linking phrases to ESCO" | "vinculando frases con ESCO";
    fitting(): "fitting the weights" | "ajustando los pesos";
    sentences(n): "{n} sentences" | "{n} oraciones";
    written(file): "written: {file}" | "escrito: {file}";
    evaluated_with(extractor, taxonomy, esco, labels, hard, soft):
        "extractor {extractor}, taxonomy {taxonomy}, {esco} ESCO concepts, {labels} labels looked for; counted from confidence {hard} (hard) and {soft} (soft) on"
        | "extractor {extractor}, taxonomía {taxonomy}, {esco} conceptos ESCO, {labels} etiquetas buscadas; cuentan desde confianza {hard} (técnicas) y {soft} (blandas)";
    system(): "system" | "sistema";
    ours(): "observatory" | "observatory";
    class(): "class" | "tipo";
    hard(): "hard" | "técnica";
    soft(): "soft" | "blanda";
    labels(): "labels" | "etiquetas";
    predicted(): "predicted" | "predichas";
    right(): "right" | "correctas";
    precision(): "precision" | "precisión";
    macro_f1(): "macro F1" | "F1 macro";
    pooled(x): "pooled {x}" | "{x} conjunta";
    scores(n): "Scores over {n} ads" | "Resultados sobre {n} avisos";
    part(): "part" | "grupo";
    by(): "by" | "por";
    by_language_and_country(): "By language and country" | "Por idioma y país";
    precision_by(): "Precision by mention, method, section and kind" | "Precisión por mención, método, sección y clase";
    found_how(): "mention" | "mención";
    ceiling_title(): "Ceiling: how the labels stand in their ads, and what became of them"
        | "Techo: cómo aparecen las etiquetas en sus avisos, y qué fue de ellas";
    in_the_ad(): "in the ad" | "en el aviso";
    found(): "found" | "halladas";
    unsure(): "too unsure" | "poco seguras";
    not_recognised(): "not recognised" | "no reconocidas";
    to_the_letter(): "to the letter" | "literal";
    another_form(): "another form or order" | "otra forma u orden";
    not_at_all(): "not at all" | "no aparece";
    calibration_title(): "Calibration: confidence beside truth" | "Calibración: confianza frente a la verdad";
    findings(): "findings" | "hallazgos";
    mean_confidence(): "mean confidence" | "confianza media";
    share_right(): "share right" | "parte correcta";
    all(): "all" | "todos";
    fit_title(findings, ads, lambda, hard, soft):
        "Fit to {findings} findings of {ads} ads (lambda {lambda}); thresholds {hard} hard, {soft} soft"
        | "Ajuste a {findings} hallazgos de {ads} avisos (lambda {lambda}); umbrales {hard} técnicas, {soft} blandas";
    judged_by(): "judged by weights fitted to" | "juzgado con pesos ajustados a";
    the_same_ads(): "the same ads (flattered)" | "los mismos avisos (favorecido)";
    other_ads(folds): "other ads ({folds}-fold)" | "otros avisos ({folds} partes)";
    other_ads_apart(): "other ads, each class apart" | "otros avisos, cada tipo aparte";
    spans_title(): "Spans: explicit mentions of hard skills beside SkillSpan's knowledge"
        | "Tramos: menciones explícitas de habilidades técnicas frente al conocimiento de SkillSpan";
    sentences_heading(): "sentences" | "oraciones";
    exact(x): "exact {x}" | "{x} exacta";
    overlapping(x): "overlapping {x}" | "{x} solapada";
    linking_title(): "Linking: phrases to ESCO concepts" | "Vinculación: frases con conceptos ESCO";
    file(): "file" | "archivo";
    rows(): "rows" | "filas";
    without_label(): "no ESCO label" | "sin etiqueta ESCO";
    unknown_label(): "label unknown" | "etiqueta desconocida";
    counted(): "counted" | "contadas";
    exact_matching(): "exact matching" | "coincidencia exacta";
    accuracy_at_1(): "accuracy@1" | "exactitud@1";
    recall_at_10(): "recall@10" | "exhaustividad@10";
    most_missed(class): "Labels missed most often, {class}" | "Etiquetas más omitidas, {class}";
    most_false(class): "Found most often and not labelled, {class}" | "Hallazgos sin etiqueta más frecuentes, {class}";
    worst_ads(): "Ads with the lowest F1" | "Avisos con el F1 más bajo";
    ad(): "ad" | "aviso";

    // Local portal.
    portal_serves(origin): "local portal: {origin}" | "portal local: {origin}";
    portal_starts(computrabajo, elempleo, bumeran): "Where a spider starts:
  like computrabajo   {computrabajo}
  like elempleo       {elempleo}
  like bumeran        {bumeran}"
        | "Por dónde empieza un raspador:
  como computrabajo   {computrabajo}
  como elempleo       {elempleo}
  como bumeran        {bumeran}";
    portal_ads(portal, country, n): "{portal} {country}: {n} ads" | "{portal} {country}: {n} avisos";
    portal_next(): "Scrape it, in another terminal: observatory scrape demo-computrabajo"
        | "Para rasparlo, en otra terminal: observatory scrape demo-computrabajo";
    portal_hostile(origin, behaviour): "hostile host: {origin} ({behaviour})" | "servidor hostil: {origin} ({behaviour})";
    portal_ctrl_c(): "Ctrl-C stops it" | "Ctrl-C lo detiene";
    portal_served(n): "{n} requests answered" | "{n} peticiones atendidas";
    portal_violations(n): "{n} requests against the rules" | "{n} peticiones contra las reglas";

    // Schedules.
    schedule(): "schedule" | "programación";
    time_zone(): "time zone" | "zona horaria";
    next_time(): "next" | "próxima";
    next_in(zone): "next, {zone}" | "próximas, {zone}";
    local_time(): "here" | "aquí";
    last_time(): "last" | "última";
    paused(): "paused" | "en pausa";
    cron(): "when" | "cuándo";
    request(): "request" | "solicitud";
    missed(): "missed times" | "horas perdidas";
    missed_run_once(): "one run makes up for them" | "una ejecución las recupera";
    missed_skip(): "only recorded" | "solo se registran";
    operation(): "operation" | "operación";
    operations(): "operations" | "operaciones";
    due(zone): "due, {zone}" | "prevista, {zone}";
    by_hand(): "by hand" | "a mano";
    yes(): "yes" | "sí";
    run_claimed(): "starting" | "iniciando";
    run_started(): "started" | "iniciada";
    run_failed(): "failed" | "falló";
    run_skipped(): "skipped" | "omitida";
    no_schedules(): "no schedules; add one with: observatory schedules create --help"
        | "no hay programaciones; agregue una con: observatory schedules create --help";
    no_runs(): "it has not run yet" | "aún no se ha ejecutado";
    nothing_named(): "nothing to change: name at least one of --cron, --zone, --kind, --request, --missed, --description, --paused"
        | "nada que cambiar: indique al menos una de --cron, --zone, --kind, --request, --missed, --description, --paused";
    schedule_deleted(name): "{name}: deleted, with its history; its operations stay"
        | "{name}: borrada, con su historial; sus operaciones quedan";

    // Local stack.
    data_in(dir): "data: {dir}" | "datos: {dir}";
    step(what, at, seconds): "  {what:<12} {at:<22} {seconds}" | "  {what:<12} {at:<22} {seconds}";
    migrations(): "schema up to date" | "esquema al día";
    passed_over(name, why): "  {name:<12} passed over: {why}" | "  {name:<12} se omite: {why}";
    ready(url, seconds): "ready after {seconds}: {url}" | "listo en {seconds}: {url}";
    running_already(url, pid): "already running: {url} (process {pid})" | "ya está en marcha: {url} (proceso {pid})";
    starting_already(pid): "already starting (process {pid})" | "ya está arrancando (proceso {pid})";
    scraping_sample(): "the database is empty: scraping the local portal with its sample ads"
        | "la base de datos está vacía: rastreando el portal local con sus avisos de muestra";
    stored(n, skills): "{n} ads stored, {skills} different skills" | "{n} avisos guardados, {skills} habilidades distintas";
    filling_failed(): "the sample could not be worked through; the stack stays up" | "la muestra no se pudo procesar; el sistema sigue en marcha";
    first_answer(): "What ads ask for most, by country (share of ads):" | "Lo que más piden los avisos, por país (parte de los avisos):";
    sample_invented(): "(the shipped sample is invented: its numbers say nothing about the real labour market)"
        | "(la muestra incluida es inventada: sus números no dicen nada del mercado laboral real)";
    where_next(url, host): "Where to look next:
  the page     {url}/
  REST         curl '{url}/api/skills?country=CO&limit=10'
  gRPC         grpcurl -plaintext {host} list
  this tool    observatory skills top --country CO      observatory jobs search python
               observatory import FILE && observatory run      observatory --help"
        | "Por dónde seguir:
  la página    {url}/
  REST         curl '{url}/api/skills?country=CO&limit=10'
  gRPC         grpcurl -plaintext {host} list
  este comando observatory skills top --country CO      observatory jobs search python
               observatory import ARCHIVO && observatory run   observatory --help";
    ctrl_c(): "Ctrl-C stops everything; the data are kept" | "Ctrl-C detiene todo; los datos se conservan";
    down_stops(): "in the background; observatory down stops it, the data are kept" | "en segundo plano; observatory down lo detiene, los datos se conservan";
    stopping(): "stopping (Ctrl-C again: at once)" | "deteniendo (Ctrl-C otra vez: de inmediato)";
    stopped(dir): "stopped; the data are kept in {dir}" | "detenido; los datos quedan en {dir}";
    not_running(dir): "nothing runs from {dir}" | "no hay nada en marcha desde {dir}";
    ended_early(log): "the stack ended while starting; its log: {log}" | "el sistema terminó al arrancar; su registro: {log}";
    no_root(): "the project's folder is not found; set OBSERVATORY_ROOT to it" | "no se encuentra la carpeta del proyecto; indíquela en OBSERVATORY_ROOT";
    server_up(url): "answers at {url}" | "responde en {url}";
    server_down(url): "nothing answers at {url}" | "nada responde en {url}";
    running_operations(n): "{n} operations running" | "{n} operaciones en marcha";

    // Meaning.
    nothing_embedded(): "no skill has a vector yet that matches: observatory embed"
        | "ninguna habilidad que coincida tiene vector todavía: observatory embed";
    searched(n, model): "searched {n} skills with {model}" | "se buscó en {n} habilidades con {model}";
    score(): "score" | "puntaje";
    by_text(): "text" | "texto";
    by_vector(): "vector" | "vector";
    linked_without_vectors(): "by text alone: no concept has a vector yet (observatory embed --source taxonomy)"
        | "solo por texto: ningún concepto tiene vector todavía (observatory embed --source taxonomy)";
    no_pairs(): "no such pairs; look for some with --find" | "no hay tales pares; búsquelos con --find";
    means(): "means" | "significa";
    evidence(): "evidence" | "evidencia";
    decided_by(): "decided by" | "decidido por";

    // Clusters.
    clustered(n, clusters, noise, seconds): "{n} points: {clusters} clusters, {noise} in none, {seconds} s"
        | "{n} puntos: {clusters} grupos, {noise} en ninguno, {seconds} s";
    clustering_scores(id, n, noise, silhouette, stability): "{id}: {n} skills, {noise} % in no cluster, silhouette {silhouette}, stability {stability}"
        | "{id}: {n} habilidades, {noise} % en ningún grupo, silueta {silhouette}, estabilidad {stability}";
    no_clusterings(): "no clustering yet: observatory cluster" | "aún no hay agrupaciones: observatory cluster";
    nothing_to_compare(): "it is the first of its settings: name another with --base"
        | "es la primera con sus parámetros: indique otra con --base";
    cluster_name(): "name" | "nombre";
    skill_count(): "skills" | "habilidades";
    made_at(): "made" | "hecha";
    clusters(): "clusters" | "grupos";
    noise(): "in none" | "en ninguno";
    cohesion(): "cohesion" | "cohesión";
    title_words(): "words of its ads' titles" | "palabras de los títulos";
    what_happened(): "what happened" | "qué pasó";
    name_before(): "before" | "antes";
    overlap(): "overlap" | "solape";
    continued(): "continued" | "continúa";
    split_off(): "split off" | "se separó";
    merged(): "merged" | "se unió";
    born(): "new" | "nuevo";
    gone(): "gone" | "ya no está";

    // Language models.
    enhanced_by(pipeline, model, version, tokens, seconds): "pipeline {pipeline}: {model}, prompt {version}, {tokens} tokens, {seconds}"
        | "pipeline {pipeline}: {model}, instrucciones {version}, {tokens} tokens, {seconds}";
    both_name(): "both name" | "ambos nombran";
    only_a_names(): "only pipeline A" | "solo el pipeline A";
    only_llm_names(): "only the model" | "solo el modelo";
    ungrounded(n): "{n} named by the model and not in the ad: dropped" | "{n} que el modelo nombró y el aviso no contiene: descartadas";
    model(): "model" | "modelo";
    provider(): "provider" | "proveedor";
    available(): "available" | "disponible";
    tokens_today(): "tokens today" | "tokens de hoy";
    budget(): "budget" | "presupuesto";
    cost_today(): "cost today" | "costo de hoy";
    address(): "address" | "dirección";
    prompts(version): "prompts {version}; * is asked where none is named"
        | "instrucciones {version}; se consulta * si no se nombra otro";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_follow_the_language() {
        assert_eq!(Lang::En.number(1_234_567), "1,234,567");
        assert_eq!(Lang::Es.number(1_234_567), "1.234.567");
        assert_eq!(Lang::En.number(-999), "-999");
        assert_eq!(Lang::En.number(i64::MIN), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn decimals_and_shares_follow_the_language() {
        assert_eq!(Lang::En.decimal(1234.56, 1), "1,234.6");
        assert_eq!(Lang::Es.decimal(-0.25, 2), "-0,25");
        assert_eq!(Lang::Es.percent(0.4567), "45,7 %");
        assert_eq!(Lang::En.decimal(f64::NAN, 1), "-");
    }

    #[test]
    fn durations_and_sizes_are_short() {
        assert_eq!(Lang::En.seconds(0.42), "0.4 s");
        assert_eq!(Lang::En.seconds(185.0), "3 min 05 s");
        assert_eq!(Lang::En.seconds(7800.0), "2 h 10 min");
        assert_eq!(Lang::Es.bytes(1_400_000), "1,4 MB");
        assert_eq!(Lang::En.bytes(12), "12 B");
    }

    #[test]
    fn sentences_carry_their_values_in_both_languages() {
        assert_eq!(line(Lang::En, 7), "line 7");
        assert_eq!(line(Lang::Es, 7), "línea 7");
    }
}
