use super::*;

fn skill(text: &str, name: &str, concept: Option<&str>) -> EnhancedSkill {
    EnhancedSkill {
        text: text.into(),
        name: name.into(),
        class: Class::Hard,
        concept: concept.map(str::to_owned),
        confidence: 1.0,
        reason: String::new(),
        span: None,
        implied_by: None,
        duplicate_of: None,
        from_pipeline_a: false,
        from_model: true,
    }
}

fn marked(mut skills: Vec<EnhancedSkill>, told: &[(&str, &str)]) -> Vec<Option<String>> {
    let told: Vec<Duplicate> =
        told.iter().map(|(text, of)| Duplicate { text: (*text).into(), of: (*of).into() }).collect();
    mark_duplicates(&mut skills, &told);
    skills.into_iter().map(|skill| skill.duplicate_of).collect()
}

#[test]
fn the_same_concept_name_or_words_are_one_skill() {
    let same = Some("Git".to_owned());
    assert_eq!(
        marked(vec![skill("git", "Git", Some("a")), skill("GIT flow", "Flow", Some("a"))], &[]),
        [None, same.clone()]
    );
    assert_eq!(marked(vec![skill("x", "Git", None), skill("y", "git", None)], &[]), [None, same]);
    let plural = marked(vec![skill("base de datos", "A", None), skill("Bases de datos", "B", None)], &[]);
    assert_eq!(plural, [None, Some("A".to_owned())]);
}

#[test]
fn two_concepts_are_two_skills_whatever_the_model_says() {
    let two = || vec![skill("Java", "Java", Some("a")), skill("JavaScript", "JavaScript", Some("b"))];
    assert_eq!(marked(two(), &[("JavaScript", "Java")]), [None, None]);
    let unknown = vec![skill("k8s", "Kubernetes", Some("a")), skill("kube", "kube", None)];
    assert_eq!(marked(unknown, &[("kube", "k8s")]), [None, Some("Kubernetes".to_owned())]);
}

#[test]
fn a_duplicate_points_at_one_that_is_none() {
    let three = vec![skill("a", "A", Some("x")), skill("b", "B", Some("x")), skill("c", "B", None)];
    assert_eq!(marked(three, &[("c", "b")])[2], None);
    let implied = vec![skill("", "Java", None), skill("", "Docker", None)];
    assert_eq!(marked(implied, &[]), [None, None]);
}
