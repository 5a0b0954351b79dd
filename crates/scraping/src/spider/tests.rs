use super::*;
use crate::request::Search;

const SMALL: &str = r##"
name = "small"
about = "x"
checked = 2026-11-23
checked_against = "x"
countries = ["CO", "MX"]
hosts = ["{cc}.example.com"]
[listing]
start = "https://{cc}.example.com/jobs?q={query}"
item = ".card"
link = { css = "a", attr = "href" }
[listing.fields]
title = ["h2", { css = "h3", not = "x" }]
[listing.no_results]
text = "nada"
[detail.fields]
description = ".text"
"##;

fn parse(text: &str) -> Result<Spider, Vec<Problem>> {
    Spider::parse(text, "small.toml", &|name| {
        (name == "small").then(|| Arc::new(Spider::parse(SMALL, "base.toml", &|_| None).unwrap()))
    })
}

fn problem(text: &str) -> String {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn search(country: &str, query: &str) -> Search {
    Search { country: country.to_owned(), query: query.to_owned() }
}

#[test]
fn a_small_spider_is_read_and_warns_of_nothing() {
    let spider = parse(SMALL).unwrap();
    assert_eq!(spider.check(), []);
    assert!(spider.info().enabled);
    let first = spider.start(&search("co", "a b")).unwrap();
    assert_eq!(first[0].url.as_str(), "https://co.example.com/jobs?q=a+b");
    assert!(matches!(spider.start(&search("AR", "x")), Err(StartError::Country { .. })));
    assert_eq!(spider.start(&search("CO", " ")), Err(StartError::NoQuery { spider: "small".to_owned() }));
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let text = SMALL.replace("item = ", "itme = ");
    let found = problem(&text);
    assert!(found.starts_with("small.toml:10: ") && found.contains("`itme`") && found.contains("`item`"), "{found}");
    assert!(problem(&SMALL.replace("title =", "titel =")).contains("`titel`"));
    assert!(problem(&SMALL.replace("not =", "nott =")).contains("`nott`"));
}

#[test]
fn every_bad_rule_is_reported_with_key_line_and_remedy() {
    let text = SMALL
        .replace("\"h2\"", "\"h2[\"")
        .replace("not = \"x\"", "not = \"(\"")
        .replace("{query}", "{qurey}")
        .replace(".text", "div > > p");
    let problems = parse(&text).unwrap_err();
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "listing.start",
            "listing.fields.title[0].css",
            "listing.fields.title[1].not",
            "detail.fields.description.css"
        ]
    );
    for (problem, line) in problems.iter().zip([9, 13, 13, 17]) {
        assert_eq!(problem.line, Some(line), "{problem}");
        assert!(!problem.reason.is_empty() && !problem.remedy.is_empty());
    }
    assert!(problems[0].to_string().contains("`{qurey}` stands for nothing"));
}

#[test]
fn what_contradicts_itself_is_refused() {
    for (from, to, says) in [
        ("[listing]", "enabled = true\n[robots]\nforbidden = true\nwhy = \"x\"\n[listing]", "forbids robots"),
        ("\"{cc}.example.com\"", "\"other.example.com\"", "on none of `hosts`"),
        ("https://{cc}", "{cc}", "is no address"),
        ("\"CO\", \"MX\"", "\"Colombia\"", "no country code"),
        ("name = \"small\"", "name = \"Small Portal\"", "name"),
        ("link = { css = \"a\", attr = \"href\" }", "link = { where = \"x\" }", "nowhere to look"),
        ("item = \".card\"", "body = \"x\"", "method is GET"),
        ("[listing]", "extends = \"none\"\n[listing]", "no spider `none`"),
        ("[listing]", "[country.CO]\nx = \"1\"\n[listing]", "`MX` lacks the variables"),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert!(problem(&text).contains(says), "{says}: {}", problem(&text));
    }
}

#[test]
fn a_child_inherits_all_but_what_it_says_itself() {
    let child = parse("name = \"child\"\nextends = \"small\"\n[listing.fields]\ntitle = \"h4\"").unwrap();
    assert_eq!(child.info().extends.as_deref(), Some("small"));
    assert_eq!(child.info().countries, ["CO", "MX"]);
    assert_eq!(child.inner.listing.fields[&crate::Field::Title][0].describe, "css: h4");
    assert_eq!(child.inner.listing.item_texts, [".card"]);
}

#[test]
fn an_origin_stands_in_for_every_host_and_is_asked_without_the_portals_prohibition() {
    let base = SMALL.replace("[listing]", "[robots]\nforbidden = true\nwhy = \"x\"\n[listing]");
    let base = Arc::new(Spider::parse(&base, "base.toml", &|_| None).unwrap());
    assert!(!base.info().enabled);
    let text = "name = \"demo\"\nextends = \"small\"\norigin = \"http://127.0.0.1:8099\"";
    let demo = Spider::parse(text, "demo.toml", &|_| Some(base.clone())).unwrap();
    assert!(demo.info().enabled && !demo.info().robots.forbidden);
    assert_eq!(demo.start(&search("CO", "x")).unwrap()[0].url.as_str(), "http://127.0.0.1:8099/jobs?q=x");
    let body = "<div class=card><h2>A</h2><a href='/job/1'></a></div>\
                <div class=card><h2>B</h2><a href='https://co.example.com/job/2'></a></div>";
    let page = crate::Page::new("http://127.0.0.1:8099/jobs?q=x".parse().unwrap(), "", body);
    let request = &demo.start(&search("CO", "x")).unwrap()[0];
    let listing = demo.read_listing(request, &page, &search("CO", "x")).unwrap();
    let ads: Vec<&str> = listing.ads.iter().map(|ad| ad.url.as_str()).collect();
    assert_eq!(ads, ["http://127.0.0.1:8099/job/1", "http://127.0.0.1:8099/job/2"]);
    assert!(demo.allows(&"http://127.0.0.1:8099/a".parse().unwrap(), "CO"));
    assert!(!demo.allows(&"http://127.0.0.1:9/a".parse().unwrap(), "CO"));
    assert!(!demo.allows(&"https://co.example.com/a".parse().unwrap(), "CO"));
}

#[test]
fn hosts_are_compared_whole() {
    let spider = parse(SMALL).unwrap();
    let allows = |url: &str| spider.allows(&url.parse().unwrap(), "CO");
    assert!(allows("https://co.example.com/x") && allows("http://CO.example.com/x"));
    for url in [
        "https://mx.example.com/x",
        "https://co.example.com.evil.net/x",
        "https://xco.example.com/x",
        "https://co.example.com:8443/x",
        "https://co.example.com@evil.net/x",
        "ftp://co.example.com/x",
    ] {
        assert!(!allows(url), "{url}");
    }
}

#[test]
fn a_folder_adds_and_replaces_spiders_and_broken_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.toml", "name = \"a-child\"\nextends = \"small\"");
    write("b.toml", SMALL);
    write("broken.toml", "name = ");
    write("circle-1.toml", "name = \"c1\"\nextends = \"c2\"");
    write("circle-2.toml", "name = \"c2\"\nextends = \"c1\"");
    write("elempleo.toml", &SMALL.replace("\"small\"", "\"elempleo\""));
    write("notes.txt", "no spider");
    let spiders = Spiders::with_dir(folder.path());
    assert!(spiders.get("a-child").is_some() && spiders.get("occ").is_some() && spiders.get("c1").is_none());
    assert_eq!(spiders.get("elempleo").unwrap().info().countries, ["CO", "MX"]);
    assert_eq!(spiders.problems().len(), 3, "{:?}", spiders.problems());
    assert_eq!(Spiders::with_dir(&folder.path().join("none")).problems().len(), 1);
}

#[test]
fn the_examples_of_the_documentation_work() {
    let readme = include_str!("../../../../spiders/README.md");
    let spiders = Spiders::shipped();
    let examples: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let spider = spiders.parse(example, "README.md").unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(spider.check(), [], "{}", spider.name());
        assert!(spider.start(&search("CO", "dev")).is_ok());
    }
}
