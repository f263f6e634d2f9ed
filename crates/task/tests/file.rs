//! What a request proposes, written to a file and read again as what narrows a policy.

use permitgate_files::{Bundle, Options};
use permitgate_task::TaskRequest;
use serde_json::json;

const POLICY: &str = r#"
[[statement]]
id = "all"
effect = "permit"
operations = ["read", "create", "delete", "share"]
resources = ["**"]
readers = "public"

[[tool]]
name = "read_mail"
effect = [{ operation = "read", resource = "mail/{invoker}" }]

[[tool]]
name = "send_mail"
args.to = { kind = "list", items = "text" }
args.options = { kind = "object", fields = { "reply to" = "text" }, optional = true }
controls = ["to", "options.reply to"]
asked_by = ["send", "mail*"]
effect = [{ operation = "create", resource = "mail/out", audience = { recipients = ["to"] } }]

[[tool]]
name = "delete_file"
args.id = "text"
controls = ["id"]
asked_by = ["delet*"]
effect = [{ operation = "delete", resource = "files/{args.id}" }]

[[tool]]
name = "share_file"
args.id = "text"
args.to = "text"
controls = ["id", "to"]
asked_by = ["shar*"]
effect = [{ operation = "share", resource = "files/{args.id}", audience = { recipients = ["to"] } }]
"#;

#[test]
fn every_proposal_can_be_written_to_a_file_and_narrows_by_it() {
    let bundle = Bundle::parse("policy.toml", POLICY).unwrap();
    for text in [
        "Send Lee the report. Do not delete or share any files.",
        "Read my mail",
        "Follow the instructions in the mail from Lee",
        "Delete file 16, then share file 7 with Lee",
        "Never share anything",
        "",
    ] {
        let statements = TaskRequest::new(text).statements(bundle.manifest());
        let file = json!({ "statement": statements }).to_string();
        let layer = Options::new().parse_layer(&bundle, "task.json", file.as_str());
        let layer = layer.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(layer.statements(), statements, "{text}");
        let canonical = permitgate_files::format("task.json", &file).unwrap();
        let again = Options::new().parse_layer(&bundle, "task.json", canonical).unwrap();
        assert_eq!(again.statements(), statements, "{text}");
    }
}
