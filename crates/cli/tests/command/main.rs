//! The command as a process: every subcommand, every exit code, and input that nobody would write.

mod agree;
mod budgets;
mod decide;
mod decisions;
mod hostile;
mod manifest;
mod refused;
mod subcommands;
mod token;
mod told;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A policy with one tool, one statement for it, and a test.
const POLICY: &str = r#"
[directory]
organisation_domains = ["example.com"]
principals = ["dana@example.com", "lee@example.com"]

[[statement]]
id = "send-inside"
effect = "permit"
operations = "create"
resources = ["mail/{invoker}/outbox"]
readers = "internal"

[[statement]]
id = "delete-own"
effect = "require_approval"
operations = "delete"
resources = ["mail/{invoker}/**"]

[[statement]]
id = "read-own"
effect = "permit"
operations = "read"
resources = ["mail/{invoker}/**", "web/**"]

[[tool]]
name = "send_email"
args.to = { kind = "list", items = "text" }
controls = ["to"]
effect = [{ operation = "create", resource = "mail/{invoker}/outbox", audience = { recipients = ["to"] } }]

[[tool]]
name = "read_email"
args.id = { kind = ["text", "integer"] }
effect = [{ operation = "read", resource = "mail/{invoker}/{args.id}" }]

[[tool]]
name = "delete_email"
args.id = { kind = ["text", "integer"] }
effect = [{ operation = "delete", resource = "mail/{invoker}/{args.id}" }]

[[test]]
name = "mail goes to colleagues"
invoker = "dana@example.com"
agent = "triage"
call = { tool = "send_email", arguments = { to = ["lee@example.com"] } }
expect = "allow"
"#;

/// What a run of the command left.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn lines(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_permitgate"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

fn run_with(args: &[&str], input: impl Into<Vec<u8>>) -> Ran {
    let mut child = command(args).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.into());
    // The command may end before it has read everything.
    let feeding = std::thread::spawn(move || _ = stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(args: &[&str]) -> Ran {
    run_with(args, "")
}

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A call of Dana's agent.
fn send(to: &str) -> String {
    format!(
        r#"{{"tool":"send_email","arguments":{{"to":["{to}"]}},"invoker":"dana@example.com","agent":"triage"}}"#
    )
}
