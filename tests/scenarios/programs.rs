//! What every program of the mesh has: health, reflection, a checked configuration without
//! secrets in its dump; and migrations that leave nothing behind.

#![allow(clippy::unwrap_used)]

use observatory_stack::{Postgres, PostgresOptions, SERVICES, Tools};
use observatory_tests::{Clients, Mesh, migrate, run};
use tokio::process::Command;

/// Services that each program offers, by the contracts' packages.
fn offered(program: &str) -> String {
    if program == "gateway" { "observatory.jobs.v1.JobService".into() } else { format!("observatory.{program}.v1.") }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_is_healthy_and_describes_itself_by_both_reflections() {
    let mesh = Mesh::start().await.unwrap();
    for name in SERVICES {
        let service = mesh.service(name);
        let listed = mesh.grpcurl_at(&service.listen.to_string(), &[], &["list"]).await;
        assert!(
            listed.stdout.contains(&offered(name)) && listed.stdout.contains("grpc.health.v1.Health"),
            "{listed:?}"
        );
        let clients = Clients::new(&service.url());
        for version in ["v1", "v1alpha"] {
            let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
            // list_services, field 7, with an empty value.
            let answer = clients.raw_at(&path, vec![0x3a, 0].into()).await.unwrap().remove(0);
            assert!(String::from_utf8_lossy(&answer).contains(&offered(name)), "{name} {version}");
        }
        let own = listed.stdout.lines().find(|line| line.starts_with(&offered(name))).unwrap();
        let mut request = vec![0x0a, own.len() as u8];
        request.extend(own.as_bytes());
        let answer = clients.raw_at("/grpc.health.v1.Health/Check", request.into()).await.unwrap();
        assert_eq!(answer[0][..], [0x08, 0x01], "{own} is SERVING");
        let method = mesh.grpcurl_at(&service.listen.to_string(), &[], &["describe", own]).await;
        assert!(method.stdout.contains("rpc "), "{method:?}");
    }
    let through_envoy = mesh.grpcurl(&["list"]).await;
    for name in SERVICES {
        assert!(through_envoy.stdout.contains(&offered(name)), "{name}: {through_envoy:?}");
    }
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn configurations_are_checked_and_dumped_without_secrets() {
    let tools = Tools::locate(&observatory_tests::project_root()).unwrap();
    for name in SERVICES {
        let program = |args: &[&str], database: &str| {
            let mut command = Command::new(tools.binary(&format!("observatory-{name}")).unwrap());
            command.args(args).env("OBSERVATORY_DATABASE_URL", database);
            command.env("OBSERVATORY_REDIS_URL", "redis://default:hunter2@127.0.0.1:1/0");
            run(command)
        };
        let fine = program(&["--check-config"], "postgres://me:hunter2@127.0.0.1/x").await;
        assert_eq!((fine.code, fine.stdout.trim()), (0, "configuration is valid"), "{name}: {fine:?}");
        let wrong = program(&["--check-config"], "mysql://me:hunter2@127.0.0.1/x").await;
        assert_eq!(wrong.code, 64, "{name}: {wrong:?}");
        assert!(wrong.stderr.contains("database_url"), "{name}: {wrong:?}");
        let dump = program(&["--dump-config"], "postgres://me:hunter2@127.0.0.1/x").await;
        assert!(dump.code == 0 && dump.stdout.contains("postgres://me:***@127.0.0.1/x"), "{name}: {dump:?}");
        for output in [fine, wrong, dump] {
            assert!(!format!("{output:?}").contains("hunter2"), "{name}: {output:?}");
        }
    }
}

/// Everything in the schema that no extension brought and the migrations' own list isn't.
const SCHEMA: &str = "
    SELECT 'column', table_name, column_name, data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'
    UNION ALL SELECT 'index', tablename, indexname, indexdef
    FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'seaql_migrations'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
        AND conrelid::regclass::text <> 'seaql_migrations'
    UNION ALL SELECT 'view', viewname, '', definition FROM pg_views WHERE schemaname = 'public'
    UNION ALL SELECT 'function', proname, '', pg_get_function_identity_arguments(oid) FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL SELECT 'type', typname, '', typtype::text FROM pg_type t
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd') AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
    ORDER BY 1, 2, 3, 4";

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_down_and_up_again_and_leave_nothing_behind() {
    let tools = Tools::locate(&observatory_tests::project_root()).unwrap();
    let dir = tempfile::Builder::new().prefix("observatory-migrate-").tempdir().unwrap();
    let postgres = Postgres::start(&tools, dir.path(), PostgresOptions::for_tests()).await.unwrap();
    let schema = async || postgres.psql("observatory", SCHEMA).await.unwrap();

    migrate(&tools, &postgres.url(), "up").await.unwrap();
    let first = schema().await;
    assert!(first.lines().count() > 100, "{first}");
    migrate(&tools, &postgres.url(), "up").await.unwrap();
    assert_eq!(schema().await, first, "a second up changes nothing");
    migrate(&tools, &postgres.url(), "down").await.unwrap();
    assert_ne!(schema().await, first, "one step down");
    migrate(&tools, &postgres.url(), "up").await.unwrap();
    assert_eq!(schema().await, first);
    migrate(&tools, &postgres.url(), "reset").await.unwrap();
    assert_eq!(schema().await, "");
    migrate(&tools, &postgres.url(), "up").await.unwrap();
    assert_eq!(schema().await, first);
    postgres.process.terminate().await;
}
