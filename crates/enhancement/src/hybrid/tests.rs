use super::*;
use crate::ad::Unknown;
use crate::answer::Answer;
use crate::ground::ground;

fn find(ad: &Ad, words: &str, confidence: f32) -> Find {
    let start = ad.text.find(words).unwrap();
    let chars = ad.text[..start].chars().count();
    Find {
        concept: format!("urn:{words}"),
        name: words.to_owned(),
        surface: words.to_owned(),
        kind: "concept".to_owned(),
        span: ad.span(chars, chars + words.chars().count()),
        confidence,
        implied_by: None,
        reason: "label".to_owned(),
    }
}

fn names(a: &PipelineA, ad: &Ad, listed: &[&str], asked: bool) -> (Vec<String>, Vec<Reason>) {
    let technical = listed.iter().map(|s| (*s).to_owned()).collect();
    let mut grounded = ground(&Answer { technical, ..Answer::default() }, ad);
    let skills = combine(a, &mut grounded, asked);
    (skills.into_iter().map(|s| s.name).collect(), grounded.dropped.into_iter().map(|d| d.reason).collect())
}

#[test]
fn the_shipped_weights_are_read_and_let_the_models_word_count() {
    let file = include_str!("../weights.toml");
    assert!(toml::from_str::<Weights>(file).is_ok());
    for class in Class::ALL {
        let of_class = weights().of(class);
        assert!(of_class.listed > 0.0 && of_class.confidence > 0.0);
        assert!(of_class.confidence(0.5, true) > of_class.confidence(0.5, false));
    }
}

#[test]
fn sure_finds_are_taken_unasked_and_unsure_ones_by_the_models_word() {
    let ad = Ad::new("", "Requisitos: Python, microservicios y nube. Ofrecemos café.");
    let low = weights().hard.threshold.min(0.3);
    let a = PipelineA {
        found: vec![find(&ad, "Python", 0.95), find(&ad, "microservicios", 0.40)],
        unsure: vec![find(&ad, "nube", low), find(&ad, "café", 0.01)],
        candidates: Vec::new(),
    };
    assert_eq!(names(&a, &ad, &[], false).0, ["Python", "microservicios"]);
    assert_eq!(names(&a, &ad, &["microservicios", "nube"], true).0, ["Python", "microservicios", "nube"]);
    let without = names(&a, &ad, &["café"], true).0;
    assert!(without.contains(&"Python".to_owned()) && !without.contains(&"café".to_owned()));
    assert!(!without.contains(&"nube".to_owned()));
}

#[test]
fn what_only_the_model_knows_counts_where_pipeline_a_saw_a_candidate() {
    let ad = Ad::new("", "Requisitos: manejo de Zorblax y proyectos grandes");
    let candidate = find(&ad, "Zorblax", 0.0);
    let unknown = Unknown { text: "Zorblax".into(), span: candidate.span.unwrap() };
    let a = PipelineA { candidates: vec![unknown], ..PipelineA::default() };
    let (names, dropped) = names(&a, &ad, &["Zorblax", "proyectos grandes"], true);
    assert_eq!(names, ["Zorblax"]);
    assert_eq!(dropped, [Reason::OnlyModel]);
}

#[test]
fn only_sentences_with_something_unsure_are_shown() {
    let text = "Requisitos:\nPython y Java. Conocimientos de nube.\nManejo fluido de todas las cosas raras que se usan en \
                esta casa desde hace tiempo.\nDocker.";
    let ad = Ad::new("Dev", text);
    let mut a = PipelineA {
        found: vec![find(&ad, "Python", 0.95), find(&ad, "Docker", 0.95), find(&ad, "Java", 0.99)],
        unsure: vec![find(&ad, "nube", 0.3)],
        candidates: Vec::new(),
    };
    let shown = unsure_parts(&ad, &a, 1000).text;
    assert!(shown.contains("nube") && shown.contains("cosas raras"), "{shown}");
    assert!(!shown.contains("Python") && !shown.contains("Docker"), "{shown}");
    a.unsure.clear();
    let sure = Ad::new("Dev", "Requisitos:\nPython y Java.");
    a.found = vec![find(&sure, "Python", 0.95), find(&sure, "Java", 0.95)];
    assert_eq!(unsure_parts(&sure, &a, 1000), Cut::default());
}
