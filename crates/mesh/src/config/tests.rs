use super::*;

const INFO: ServiceInfo = ServiceInfo { name: "tested", version: "1.2.3", default_port: 50999, about: "Is tested" };

#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
struct Own {
    workers: usize,
    model: Option<String>,
    threshold: Option<f32>,
    api_key: String,
    countries: Vec<String>,
    weights: BTreeMap<String, f64>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            workers: 4,
            model: None,
            threshold: None,
            api_key: String::new(),
            countries: Vec::new(),
            weights: BTreeMap::new(),
        }
    }
}

impl Options for Own {
    fn problems(&self) -> Vec<String> {
        if self.workers == 0 { vec!["`service.workers` must be at least 1".into()] } else { Vec::new() }
    }

    fn adjust_defaults(config: &mut Config<Self>) {
        config.limits.max_message_bytes = 1 << 20;
    }
}

fn load(args: &[&str], env: &[(&str, &str)], file: Option<&str>) -> Result<Command<Own>, ConfigError> {
    let env = env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Config::load(&INFO, args.iter().map(|arg| arg.to_string()), &env, |path| {
        assert_eq!(path, "test.toml");
        file.map(str::to_string).ok_or_else(|| std::io::Error::other("no such file"))
    })
}

fn loaded(args: &[&str], env: &[(&str, &str)], file: Option<&str>) -> Config<Own> {
    match load(args, env, file) {
        Ok(Command::Run(config)) => *config,
        other => panic!("{other:?}"),
    }
}

fn problems(args: &[&str], env: &[(&str, &str)], file: Option<&str>) -> Vec<String> {
    load(args, env, file).expect_err("it isn't valid").0
}

fn printed(args: &[&str], env: &[(&str, &str)]) -> String {
    match load(args, env, None) {
        Ok(Command::Print(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn defaults_serve_on_loopback() {
    let config = loaded(&[], &[], None);
    assert_eq!(config.listen.to_string(), "127.0.0.1:50999");
    assert_eq!(config.metrics_listen.expect("on by default").to_string(), "127.0.0.1:51999");
    assert_eq!(config.limits.max_message_bytes, 1 << 20, "the service's own default");
}

#[test]
fn later_layers_win() {
    let file = "log = 'file'\nredis_url = 'redis://file'\ndatabase_url = 'postgres://file'\n[service]\nworkers = 2";
    let env = [("OBSERVATORY_LOG", "env"), ("OBSERVATORY_REDIS_URL", "redis://env"), ("PATH", "/bin")];
    let config = loaded(&["--config", "test.toml", "--log", "flag"], &env, Some(file));
    assert_eq!((config.log.as_str(), config.redis_url.as_str()), ("flag", "redis://env"));
    assert_eq!((config.database_url.as_str(), config.service.workers), ("postgres://file", 2));
}

#[test]
fn the_environment_names_a_file_and_nested_keys() {
    let env = [
        ("OBSERVATORY_CONFIG", "test.toml"),
        ("OBSERVATORY_PEERS__CLEANER", "http://a:1, http://b:2"),
        ("OBSERVATORY_LIMITS__MAX_CONCURRENT_REQUESTS", "7"),
        ("OBSERVATORY_SERVICE__WORKERS", "9"),
        ("OBSERVATORY_SERVICE__MODEL", "123"),
        ("OBSERVATORY_SERVICE__THRESHOLD", "0.5"),
        ("OBSERVATORY_SERVICE__COUNTRIES", "CO, MX"),
        ("OBSERVATORY_SERVICE__WEIGHTS__NER", "0.25"),
        ("OBSERVATORY_METRICS_LISTEN", "off"),
    ];
    let config = loaded(&[], &env, Some("drain_seconds = 3\nlog_format = 'json'"));
    assert_eq!(config.peers["cleaner"], "http://a:1, http://b:2");
    assert_eq!(config.limits.max_concurrent_requests, 7);
    assert_eq!((config.drain_seconds, config.log_format), (3.0, LogFormat::Json));
    assert_eq!(config.metrics_listen, None);
    assert_eq!((config.service.workers, config.service.model.as_deref()), (9, Some("123")));
    assert_eq!(config.service.threshold, Some(0.5));
    assert_eq!(config.service.countries, ["CO", "MX"]);
    assert_eq!(config.service.weights["ner"], 0.25);
}

#[test]
fn set_reaches_every_key() {
    let config = loaded(&["--set", "service.workers=3", "--set", "listen=127.0.0.1:0"], &[], None);
    assert_eq!(config.service.workers, 3);
    assert_eq!(config.metrics_listen.expect("on").port(), 0, "metrics follow a free port");
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let found = problems(&["--config", "test.toml"], &[], Some("[limits]\nmax_mesage_bytes = 1"));
    assert_eq!(
        found,
        ["there is no key `limits.max_mesage_bytes` (test.toml); did you mean `limits.max_message_bytes`?"]
    );
    let found = problems(&[], &[("OBSERVATORY_SERVICE__WORKER", "1")], None);
    assert!(found[0].contains("(OBSERVATORY_SERVICE__WORKER); did you mean `service.workers`?"), "{found:?}");
}

#[test]
fn what_the_environment_tells_other_programs_is_no_key() {
    let env = ["SERVER", "DATA_DIR", "BIN_DIR", "ROOT"].map(|name| format!("OBSERVATORY_{name}"));
    let env: Vec<_> = env.iter().map(|name| (name.as_str(), "/somewhere")).collect();
    assert_eq!(loaded(&[], &env, None).listen.port(), 50999);
}

#[test]
fn all_problems_come_at_once() {
    let env = [("OBSERVATORY_LIMITS__MAX_MESSAGE_BYTES", "many"), ("OBSERVATORY_REDIS_URL", "http://x")];
    let args = ["--listen", "nowhere", "--set", "oops", "--set", "service.workers=0", "--log", "a=b=c"];
    let found = problems(&args, &env, None);
    for expected in ["max_message_bytes", "redis_url", "--listen", "--set oops", "service.workers", "`log`"] {
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:#?}");
    }
    assert_eq!(found.len(), 6, "{found:#?}");
}

#[test]
fn values_out_of_range_are_refused() {
    let env = [
        ("OBSERVATORY_LIMITS__MAX_CONCURRENT_REQUESTS", "0"),
        ("OBSERVATORY_LIMITS__REQUEST_TIMEOUT_SECONDS", "0"),
        ("OBSERVATORY_DRAIN_SECONDS", "-1"),
        ("OBSERVATORY_PEERS__LLM", "llm:50055"),
        ("OBSERVATORY_CORS_ORIGINS", "*"),
        ("OBSERVATORY_METRICS_LISTEN", "127.0.0.1:50999"),
    ];
    assert_eq!(problems(&[], &env, None).len(), 6);
}

#[test]
fn other_machines_are_let_in_only_on_purpose() {
    let found = problems(&["--listen", "0.0.0.0:50999"], &[], None);
    assert!(found[0].contains("allow_remote") && found[0].contains("authenticated"), "{found:?}");
    let config = loaded(&["--listen", "0.0.0.0:50999"], &[("OBSERVATORY_ALLOW_REMOTE", "true")], None);
    assert_eq!(config.metrics_listen.expect("on").to_string(), "0.0.0.0:51999");
}

#[test]
fn a_file_that_is_no_toml_or_missing_is_refused() {
    assert!(problems(&["--config", "test.toml"], &[], Some("listen = "))[0].starts_with("test.toml: "));
    assert!(problems(&["--config", "test.toml"], &[], None)[0].contains("can't be read"));
}

#[test]
fn the_dump_hides_secrets() {
    let env = [
        ("OBSERVATORY_DATABASE_URL", "postgres://me:hunter2@db/x?sslpassword=hunter2&a=b"),
        ("OBSERVATORY_REDIS_URL", "redis://:hunter2@redis:6379"),
        ("OBSERVATORY_SERVICE__API_KEY", "hunter2"),
    ];
    let text = printed(&["--dump-config"], &env);
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("postgres://me:***@db/x?") && text.contains("a=b"), "{text}");
}

#[test]
fn a_dump_is_a_configuration() {
    let text = printed(&["--dump-config", "--set", "service.workers=6"], &[]);
    assert_eq!(loaded(&["--config", "test.toml"], &[], Some(&text)).service.workers, 6);
}

#[test]
fn help_version_and_check_print() {
    assert_eq!(printed(&["--version"], &[]), "observatory-tested 1.2.3\n");
    assert!(printed(&["--help"], &[]).contains("Is tested"));
    assert_eq!(printed(&["--check-config"], &[]), "configuration is valid\n");
    assert!(problems(&["--lisen", "x"], &[], None)[0].contains("--listen"));
    let found = problems(&["--check-config", "--redis-url", "x"], &[], None);
    assert!(found[0].contains("redis_url"), "{found:?}");
}

#[test]
fn any_port_has_room_for_metrics() {
    for (port, metrics) in [("1", 1001), ("64535", 65535), ("65535", 64535)] {
        let config = loaded(&["--listen", &format!("127.0.0.1:{port}")], &[], None);
        assert_eq!(config.metrics_listen.expect("on").port(), metrics);
    }
}
