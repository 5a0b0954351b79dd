use super::*;

const BOT: &str = "ObservatoryBot";

fn allows(robots: &str, path: &str) -> bool {
    Robots::parse(robots.as_bytes(), BOT).allows(path)
}

/// For `User-agent: *` and the lines.
fn check(lines: &str, cases: &[(&str, bool)]) {
    let text = format!("User-agent: *\n{lines}\n");
    for (path, expected) in cases {
        assert_eq!(allows(&text, path), *expected, "{path} under\n{lines}");
    }
}

#[test]
fn everything_is_allowed_where_nothing_is_said() {
    for text in
        ["", "\n\n", "User-agent: *\n", "User-agent: *\nDisallow:\n", "<html><body>404: nothing here</body></html>"]
    {
        assert!(allows(text, "/any?x=1"), "{text}");
    }
}

#[test]
fn rules_before_any_agent_belong_to_nobody() {
    assert!(allows("Disallow: /\nUser-agent: Other\nDisallow: /\n", "/a"));
}

#[test]
fn own_group_replaces_the_general_one() {
    let text = "User-agent: *\nDisallow: /\nUser-agent: observatorybot\nDisallow: /private\n";
    assert!(allows(text, "/jobs"));
    assert!(!allows(text, "/private/x"));
}

#[test]
fn own_group_without_rules_allows_all() {
    assert!(allows("User-agent: *\nDisallow: /\n\nUser-agent: ObservatoryBot\n", "/jobs"));
}

#[test]
fn groups_of_one_agent_are_merged() {
    let text = "User-agent: ObservatoryBot\nDisallow: /a\n\nUser-agent: Other\nDisallow: /b\n\nUser-agent: ObservatoryBot\nDisallow: /c\n";
    assert!(!allows(text, "/a"));
    assert!(allows(text, "/b"));
    assert!(!allows(text, "/c"));
    let general = "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: *\nDisallow: /c\n";
    assert!(!allows(general, "/a") && allows(general, "/b") && !allows(general, "/c"));
}

#[test]
fn several_agents_share_the_rules_that_follow() {
    let text = "User-agent: Foo\nUser-agent: ObservatoryBot\nUser-agent: Bar\nDisallow: /x\n";
    assert!(!allows(text, "/x"));
    // Blank lines, comments and records of other kinds don't end the run of agents.
    let text = "User-agent: ObservatoryBot\n\n# note\nSitemap: https://example.com/s.xml\nFoo: bar\nUser-agent: Bar\nDisallow: /x\n";
    assert!(!allows(text, "/x"));
}

#[test]
fn agents_match_by_product_token_without_case() {
    for agent in ["ObservatoryBot", "OBSERVATORYBOT", "observatorybot/2.1", "ObservatoryBot (+http://example.com)"] {
        assert!(!allows(&format!("User-agent: {agent}\nDisallow: /\n"), "/"), "{agent}");
    }
    for agent in
        ["Observatory", "ObservatoryBots", "ObservatoryBot-News", "MyObservatoryBot", "**", "*x", "bot ObservatoryBot"]
    {
        assert!(allows(&format!("User-agent: {agent}\nDisallow: /\n"), "/"), "{agent}");
    }
    assert!(!allows("User-agent: * and all others\nDisallow: /\n", "/"));
}

#[test]
fn keys_have_no_case_and_forgive_space_and_spelling() {
    for text in [
        "USER-AGENT: *\nDISALLOW: /x\n",
        "user-agent:*\ndisallow:/x\n",
        "  User-agent \t: * \n\t Disallow : /x  # why\n",
        "User-agent *\nDisallow /x\n",
        "useragent: *\ndissallow: /x\n",
        "user agent: *\ndisalow: /x\n",
    ] {
        assert!(!allows(text, "/x/y"), "{text}");
    }
    assert!(allows("User-agent: *\nDisallow /x or else\n", "/x"));
}

#[test]
fn all_line_ends_are_known() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("User-agent: *{end}Disallow: /a{end}Allow: /a/b{end}{end}Disallow: /c");
        assert!(!allows(&text, "/a/x") && allows(&text, "/a/b") && !allows(&text, "/c"), "{end:?}");
    }
}

#[test]
fn a_byte_order_mark_and_broken_utf8_do_no_harm() {
    assert!(!allows("\u{feff}User-agent: *\nDisallow: /x\n", "/x"));
    let mut text = b"User-agent: *\nFoo\xff\xfe: \x80\n".to_vec();
    text.extend_from_slice(b"Disallow: /x\n");
    assert!(!Robots::parse(&text, BOT).allows("/x"));
}

#[test]
fn paths_have_case_and_match_as_prefixes() {
    check(
        "Disallow: /fish",
        &[
            ("/fish", false),
            ("/fish.html", false),
            ("/fish/salmon", false),
            ("/fishheads", false),
            ("/fish.php?id=x", false),
            ("/Fish.asp", true),
            ("/catfish", true),
            ("/?id=fish", true),
            ("/desert/fish", true),
        ],
    );
    check("Disallow: /fish/", &[("/fish/", false), ("/fish/salmon", false), ("/fish", true), ("/fish.html", true)]);
    check("Disallow: fish", &[("/fish", true)]);
}

#[test]
fn the_longest_match_decides_and_allow_wins_ties() {
    check("Allow: /p\nDisallow: /", &[("/page", true), ("/x", false)]);
    check("Disallow: /\nAllow: /p", &[("/page", true)]);
    check("Allow: /folder\nDisallow: /folder", &[("/folder/page", true)]);
    check("Disallow: /folder\nAllow: /folder", &[("/folder/page", true)]);
    check("Allow: /page\nDisallow: /*.htm", &[("/page.htm", false)]);
    check("Allow: /page\nDisallow: /*.ph", &[("/page.php5", true)]);
    check("Allow: /$\nDisallow: /", &[("/", true), ("/page.htm", false)]);
    check(
        "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
        &[("/example/page/", true), ("/example/page/disallowed.gif", false), ("/example/other", true)],
    );
    check("Disallow: /x/page.html\nAllow: /x/", &[("/x/page.html", false), ("/x/", true)]);
}

#[test]
fn stars_and_the_dollar_sign_work() {
    check(
        "Disallow: /fish*.php",
        &[("/fish.php", false), ("/fishheads/catfish.php?p=1", false), ("/Fish.PHP", true), ("/fish", true)],
    );
    check(
        "Disallow: /*.php$",
        &[
            ("/x.php", false),
            ("/f/x.php", false),
            ("/x.php?p", true),
            ("/x.php/", true),
            ("/x.php5", true),
            ("/windows.PHP", true),
        ],
    );
    check(
        "Disallow: /a*b*c$",
        &[("/abc", false), ("/axbxc", false), ("/abcc", false), ("/abcd", true), ("/acb", true)],
    );
    check("Disallow: *", &[("/", false), ("/x", false)]);
    check("Disallow: */b", &[("/a/b", false), ("/b", false), ("/a", true)]);
    check("Disallow: /a**b", &[("/ab", false), ("/axxb", false)]);
    check("Disallow: /a$b", &[("/a", true), ("/a$b", false), ("/a$bc", false)]);
    check("Disallow: /a*$", &[("/abc", false)]);
    check("Disallow: /ab*ab$", &[("/ab", true), ("/abab", false)]);
    check("Disallow: $", &[("/", true)]);
}

#[test]
fn escapes_are_compared_by_what_they_mean() {
    check("Disallow: /foo/bar?baz=http://foo.bar", &[("/foo/bar?baz=http://foo.bar", false)]);
    check("Disallow: /foo/bar/ツ", &[("/foo/bar/%E3%83%84", false), ("/foo/bar/%e3%83%84x", false)]);
    check("Disallow: /foo/bar/%E3%83%84", &[("/foo/bar/ツ", false), ("/foo/bar/%e3%83%84", false)]);
    check("Disallow: /foo/bar/%62%61%7A", &[("/foo/bar/baz", false), ("/foo/bar/%62az", false)]);
    check("Disallow: /a%2fb", &[("/a%2Fb", false), ("/a/b", true)]);
    check("Disallow: /a/b", &[("/a%2fb", true)]);
    check("Disallow: /file-with-a-%2A.html", &[("/file-with-a-*.html", false), ("/file-with-a-x.html", true)]);
    check("Disallow: /foo-%24", &[("/foo-$", false), ("/foo-x", true)]);
    check("Disallow: /100%", &[("/100%", false), ("/100%zz", false)]);
    check("Disallow: /a b", &[("/a%20b", false)]);
}

#[test]
fn robots_txt_itself_is_always_allowed() {
    check("Disallow: /", &[("/robots.txt", true), ("/robots.txt?x", false)]);
}

#[test]
fn comments_are_cut_and_a_hash_in_a_path_too() {
    check("# Disallow: /a\nDisallow: /b#c", &[("/a", true), ("/b", false)]);
}

#[test]
fn only_the_first_500_kib_count() {
    let mut text = String::from("User-agent: *\nDisallow: /first\n");
    while text.len() < MAX_BYTES {
        text.push_str("# filling\n");
    }
    text.push_str("Disallow: /last\n");
    assert!(!allows(&text, "/first"));
    assert!(allows(&text, "/last"));
}

#[test]
fn crawl_delay_and_sitemaps_are_told() {
    let text = "Sitemap: https://example.com/one.xml\nUser-agent: *\nCrawl-delay: 2.5\nDisallow: /x\nsitemap: https://example.com/two.xml\nSitemap: /relative.xml\n";
    let robots = Robots::parse(text.as_bytes(), BOT);
    assert_eq!(robots.crawl_delay, Some(Duration::from_millis(2500)));
    assert_eq!(robots.sitemaps, ["https://example.com/one.xml", "https://example.com/two.xml"]);
    for wrong in ["-1", "soon", "NaN", "inf", "1e300"] {
        let text = format!("User-agent: *\nCrawl-delay: {wrong}\n");
        assert_eq!(Robots::parse(text.as_bytes(), BOT).crawl_delay, None, "{wrong}");
    }
}

#[test]
fn crawl_delay_of_others_is_theirs() {
    let text = "User-agent: Slow\nCrawl-delay: 30\nDisallow: /\nUser-agent: *\nDisallow: /x\n";
    assert_eq!(Robots::parse(text.as_bytes(), BOT).crawl_delay, None);
}

#[test]
fn hostile_patterns_are_matched_in_linear_time() {
    let mut text = String::from("User-agent: *\n");
    while text.len() < MAX_BYTES {
        text.push_str("Disallow: /*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n");
    }
    let robots = Robots::parse(text.as_bytes(), BOT);
    let started = std::time::Instant::now();
    assert!(robots.allows(&format!("/{}", "a".repeat(2000))));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
