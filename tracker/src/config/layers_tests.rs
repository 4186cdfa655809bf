//! The contract of settings, as a table.

use std::{collections::BTreeMap, ffi::OsString, net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

use super::{Error, Surroundings, parse};
use crate::config::{Common, Serve, log::Format};

#[derive(Debug, Parser)]
struct Program {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    Serve(Box<Serve>),
    Migrate(Box<Common>),
}

struct Case<'a> {
    arguments: &'a [&'a str],
    variables: &'a [(&'a str, &'a str)],
    file: &'a str,
}

fn run(case: &Case<'_>) -> Result<Commands, Error> {
    let variables: BTreeMap<&str, &str> = case.variables.iter().copied().collect();
    let file = case.file.to_owned();
    let mut arguments: Vec<OsString> = vec!["tracker".into()];
    arguments.extend(case.arguments.iter().map(OsString::from));
    let surroundings = Surroundings {
        variable: &|name| variables.get(name).map(OsString::from),
        read: &|path| {
            if path == &PathBuf::from("t.toml") {
                Ok(file.clone())
            } else {
                Err(std::io::Error::from(std::io::ErrorKind::NotFound))
            }
        },
    };
    parse::<Program>(&arguments, &surroundings).map(|program| program.command)
}

fn serve(case: &Case<'_>) -> Serve {
    match run(case) {
        Ok(Commands::Serve(serve)) => *serve,
        other => panic!("not served: {other:?}"),
    }
}

fn problem(case: &Case<'_>) -> String {
    run(case).expect_err("must be refused").to_string()
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn defaults_are_the_contract() {
    let serve = serve(&Case { arguments: &["serve"], variables: &[], file: "" });
    assert_eq!(serve.http.listen, address("127.0.0.1:8080"));
    assert_eq!(serve.ops.ops_listen, address("127.0.0.1:9090"));
    assert_eq!(serve.http.reported_version, "8.20.30");
    assert_eq!(serve.http.context_path.0, "");
    assert_eq!(serve.ops.drain_timeout.0.as_secs(), 30);
    assert_eq!(serve.common.log.log_format, Format::Text);
    assert!(serve.common.database.database.is_none() && serve.common.database.database_file.is_none());
    assert!(serve.http.base_url.is_none() && serve.http.trusted_proxies.is_empty());
    assert!(serve.common.node.node_id.is_none() && serve.admin_password_file.is_none());
}

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let file =
        "listen = '127.0.0.1:1'\nops-listen = '127.0.0.1:1'\nlog-format = 'json'\ncontext-path = '/file'";
    let serve = serve(&Case {
        arguments: &["serve", "--config", "t.toml", "--listen", "127.0.0.1:3"],
        variables: &[
            ("TRACKER_LISTEN", "127.0.0.1:2"),
            ("TRACKER_OPS_LISTEN", "127.0.0.1:2"),
            ("TRACKER_CONTEXT_PATH", ""),
        ],
        file,
    });
    assert_eq!(serve.http.listen, address("127.0.0.1:3"));
    assert_eq!(serve.ops.ops_listen, address("127.0.0.1:2"));
    assert_eq!(serve.common.log.log_format, Format::Json);
    assert_eq!(serve.http.context_path.0, "/file", "an empty variable counts as not set");
}

#[test]
fn lists_and_numbers_work_in_every_layer() {
    let case =
        |arguments, variables, file| serve(&Case { arguments, variables, file }).http.trusted_proxies.len();
    assert_eq!(case(&["serve", "--trusted-proxies", "10.0.0.0/8,::1"], &[], ""), 2);
    assert_eq!(case(&["serve"], &[("TRACKER_TRUSTED_PROXIES", "10.0.0.0/8,::1")], ""), 2);
    let file = "trusted-proxies = ['10.0.0.0/8', '::1']\nmax-requests = 7";
    assert_eq!(case(&["serve", "--config", "t.toml"], &[], file), 2);
    let serve = serve(&Case { arguments: &["serve"], variables: &[("TRACKER_CONFIG", "t.toml")], file });
    assert_eq!(serve.http.max_requests, 7);
}

#[test]
fn a_higher_layers_kind_of_database_wins() {
    let file = "database-file = '/from/file'";
    let with_flag = serve(&Case {
        arguments: &["serve", "--config", "t.toml", "--database", "sqlite://x"],
        variables: &[("TRACKER_DATABASE_FILE", "/from/environment")],
        file,
    });
    assert!(
        with_flag.common.database.database.is_some() && with_flag.common.database.database_file.is_none()
    );
    let with_variable = serve(&Case {
        arguments: &["serve", "--config", "t.toml"],
        variables: &[("TRACKER_DATABASE", "postgres://x/y")],
        file,
    });
    assert!(with_variable.common.database.database_file.is_none());
    assert!(
        problem(&Case {
            arguments: &["serve", "--database", "sqlite://x", "--database-file", "y"],
            variables: &[],
            file: ""
        })
        .contains("cannot be used with")
    );
    assert!(
        problem(&Case {
            arguments: &["serve"],
            variables: &[("TRACKER_DATABASE", "sqlite://x"), ("TRACKER_DATABASE_FILE", "y")],
            file: ""
        })
        .contains("TRACKER_DATABASE_FILE")
    );
}

#[test]
fn a_file_serves_every_command_but_knows_no_other_names() {
    let file = "listen = '127.0.0.1:1'\nlocal-home = '/l'";
    let case = Case { arguments: &["migrate", "--config", "t.toml"], variables: &[], file };
    let Ok(Commands::Migrate(common)) = run(&case) else { panic!("not understood") };
    assert_eq!(common.homes.local_home, Some(PathBuf::from("/l")));

    for (file, said) in [
        ("listem = '127.0.0.1:1'", "t.toml: listem: no such setting"),
        ("ops_listen = '127.0.0.1:1'", "t.toml: ops_listen: no such setting"),
        ("config = 'other'", "t.toml: config: no such setting"),
        ("[http]\nlisten = 'x'", "t.toml: http: no such setting"),
        ("listen = 'x'", "t.toml: listen: invalid value 'x'"),
        ("listen = 1.5", "t.toml: listen: must be a text"),
        ("listen = ", "t.toml"),
    ] {
        let said_really =
            problem(&Case { arguments: &["serve", "--config", "t.toml"], variables: &[], file });
        assert!(said_really.contains(said), "{file}: {said_really}");
    }
}

#[test]
fn wrong_values_are_named_with_their_origin() {
    let table = [
        ("TRACKER_LISTEN", "here"),
        ("TRACKER_DRAIN_TIMEOUT", "30"),
        ("TRACKER_TOPOLOGY", "ring"),
        ("TRACKER_DATABASE", "mysql://x"),
        ("TRACKER_BASE_URL", "tracker"),
        ("TRACKER_CONTEXT_PATH", "x"),
        ("TRACKER_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("TRACKER_REPORTED_VERSION", "eight"),
        ("TRACKER_NODE_ID", "a b"),
        ("TRACKER_LOG_FORMAT", "xml"),
        ("TRACKER_DATABASE_CONNECTIONS", "0"),
    ];
    for (name, value) in table {
        let said = problem(&Case { arguments: &["serve"], variables: &[(name, value)], file: "" });
        assert!(said.contains(&format!("environment variable {name}: ")), "{said}");
    }
    let said = problem(&Case { arguments: &["serve", "--config", "none.toml"], variables: &[], file: "" });
    assert!(said.contains("none.toml: can't be read"), "{said}");
    let wrong = run(&Case { arguments: &["serve", "--port", "1"], variables: &[], file: "" });
    assert!(matches!(wrong, Err(Error::Usage(error)) if error.exit_code() == 2));
}
