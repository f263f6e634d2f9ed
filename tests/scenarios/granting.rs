//! Scenarios about what a policy grants: to whom, by which tool, on which resource.

use crate::*;
use permitgate::model::{Readers, ResourceBuf, Value};
use permitgate::policy::Condition;

#[test]
fn s01_a_private_answer_is_not_posted_to_the_forum() {
    let scope = scope([permit("answer", Operation::Create, "forum/threads/*/replies")]);
    let gate = gate();
    let private = Action::create("forum.reply", "forum/threads/8812/replies");
    let wider = [
        Audience::Public,
        Audience::Internal,
        Audience::Group("platform"),
        Audience::Channel("general"),
        Audience::recipients(&[DANA, "lee@example.com"]),
    ];
    for audience in wider {
        let post = private.visible_to(audience);
        let Err(Refusal::Denied(denial)) = gate.authorize(&post, &scope) else {
            panic!("{audience:?} passed");
        };
        assert_eq!(denial.reason(), Reason::AudienceTooWide);
        assert_eq!(denial.grounds().statement(), Some("answer"));
        let nearest = gate.alternative(&post, &scope).expect("a private reply is offered");
        assert_eq!(nearest.audience(), Audience::Private);
        assert!(passes(&gate, &post.visible_to(nearest.audience()), &scope));
    }
    assert!(passes(&gate, &private, &scope));
    println!("S01 ok: wider audiences denied, the private reply offered and given");
}

#[test]
fn s04_an_agent_told_to_suggest_cannot_delete() {
    let scope = scope([
        permit("look", Operation::Read, "mail/{invoker}/**"),
        permit("suggest", Operation::Create, "proposals/{invoker}/*"),
    ]);
    let gate = gate();
    let mail = "mail/dana@example.com/inbox/812";
    for tool in ["mail.delete", "mail.read", "mail.trash"] {
        let delete = Action::delete(tool, mail).reversible();
        assert_eq!(refused(&gate, &delete, &scope), Some(Reason::NotPermitted), "{tool}");
    }
    assert!(passes(&gate, &Action::read("mail.list", "mail/dana@example.com/inbox"), &scope));
    assert!(passes(&gate, &Action::create("mail.propose", "proposals/dana@example.com/1"), &scope));
    println!("S04 ok: no deletion without the right to delete; listing and proposing pass");
}

#[test]
fn s14_a_forbid_that_cannot_be_evaluated_applies() {
    let scope = scope([
        permit("pay", Operation::Create, "payments/*"),
        Statement::forbid("not-abroad")
            .operations(Operation::Create)
            .when(Condition::equals("abroad", true)),
        Statement::forbid("not-large")
            .operations(Operation::Create)
            .when(!Condition::at_most("cents", 10_000)),
    ]);
    let gate = gate();
    let pay = Action::create("bank.pay", "payments/7");
    let refusal = |arguments: &[(&str, Value<'_>); 2]| refused(&gate, &pay.with(arguments), &scope);
    let cents = ("cents", Value::from(500));
    for value in [Value::Null, Value::from("true"), Value::Float(f64::NAN)] {
        assert_eq!(refusal(&[("abroad", value), cents]), Some(Reason::Forbidden), "{value:?}");
        let not_a_number = [("abroad", false.into()), ("cents", value)];
        assert_eq!(refusal(&not_a_number), Some(Reason::Forbidden), "{value:?}");
    }
    assert_eq!(refusal(&[("elsewhere", true.into()), cents]), Some(Reason::Forbidden));
    assert_eq!(refusal(&[("abroad", false.into()), cents]), None);
    println!("S14 ok: forbids applied to what they could not read; the plain payment passes");
}

#[test]
fn s15_another_tool_for_the_same_effect_is_decided_alike() {
    let scope = scope([
        permit("work", Operations::ALL, "repo/**"),
        Statement::forbid("keep").operations(Operation::Delete).resources(["repo/main/**"]),
    ]);
    let gate = gate();
    for tool in ["git.rm", "shell.run", "fs.unlink", "totally.harmless"] {
        let kept = Action::delete(tool, "repo/main/README.md");
        assert_eq!(refused(&gate, &kept, &scope), Some(Reason::Forbidden), "{tool}");
        assert!(passes(&gate, &Action::delete(tool, "repo/draft/x"), &scope), "{tool}");
    }
    println!("S15 ok: the effect decided, by whatever tool");
}

#[test]
fn s16_names_match_exactly_and_effects_are_typed() {
    let scope = scope([
        permit("all", Operations::ALL, "mail/**").tools(["delete_mail", "a"]),
        Statement::forbid("keep").operations(Operation::Delete).resources(["mail/archive/**"]),
    ]);
    let gate = gate();
    for near in
        ["delete mail", "Delete_Mail", "delete_mail ", "delete_mai", "delete_mail2", "A", "aa"]
    {
        let action = Action::delete(near, "mail/1");
        assert_eq!(refused(&gate, &action, &scope), Some(Reason::NotPermitted), "{near}");
    }
    assert_eq!(refused(&gate, &Action::delete("", "mail/1"), &scope), Some(Reason::MalformedTool));
    // The forbid names an effect, so that no spelling of a tool gets round it.
    let archived = Action::delete("a", "mail/archive/1");
    assert_eq!(refused(&gate, &archived, &scope), Some(Reason::Forbidden));
    assert!(passes(&gate, &Action::delete("delete_mail", "mail/1"), &scope));
    assert!(passes(&gate, &Action::read("a", "mail/archive/1"), &scope));
    println!("S16 ok: near names denied, exact ones pass, the forbid follows the effect");
}

#[test]
fn s17_an_unlisted_tool_is_denied() {
    let scope = scope([permit("mail", Operation::Read | Operation::Delete, "mail/**")
        .tools(["email.read", "email.list"])]);
    let gate = gate();
    let delete = Action::delete("email.delete", "mail/1");
    assert_eq!(refused(&gate, &delete, &scope), Some(Reason::NotPermitted));
    assert!(passes(&gate, &Action::read("email.read", "mail/1"), &scope));
    println!("S17 ok: `email.delete` is not listed and denied; `email.read` passes");
}

#[test]
fn s31_an_unknown_recipient_counts_as_the_public() {
    let statement = permit("tell", Operation::Create, "messages").readers(Readers::internal());
    let scope = scope([statement]);
    let gate = gate();
    let send = Action::create("chat.send", "messages");
    let unknown = [
        Audience::recipients(&["lee"]),
        Audience::recipients(&["lee@example.com", "lea@example.com"]),
        Audience::Group("plattform"),
        Audience::Group("general"),
        Audience::Channel("platform"),
        Audience::Channel("lobby"),
    ];
    for audience in unknown {
        let reason = refused(&gate, &send.visible_to(audience), &scope);
        assert_eq!(reason, Some(Reason::AudienceTooWide), "{audience:?}");
    }
    let nobody = send.visible_to(Audience::recipients(&[""; 0]));
    assert_eq!(refused(&gate, &nobody, &scope), Some(Reason::MalformedAudience));
    let known = [
        Audience::recipients(&["lee@example.com"]),
        Audience::recipients(&["platform"]),
        Audience::Group("platform"),
        Audience::Channel("general"),
    ];
    for audience in known {
        assert!(passes(&gate, &send.visible_to(audience), &scope), "{audience:?}");
    }
    println!("S31 ok: unknown, mistyped and open targets denied, known ones pass");
}

#[test]
fn s44_a_path_that_is_not_canonical_is_refused_before_it_is_matched() {
    let scope = scope([
        permit("everything", Operations::ALL, "**"),
        permit("workspace", Operation::Read, "workspace/**"),
    ]);
    let gate = gate();
    let escapes = [
        "workspace/../etc/passwd",
        "workspace/./x",
        "workspace//x",
        "/workspace/x",
        "workspace/",
        "workspace\\..\\x",
        "workspace/%2e%2e/x",
        "workspace/%2F%2e",
        "workspace/%41",
        "workspace/a\0b",
        "workspace/\u{85}",
        "",
    ];
    for path in escapes {
        let read = Action::read("fs.read", path);
        assert_eq!(refused(&gate, &read, &scope), Some(Reason::MalformedResource), "{path:?}");
    }
    // The same text as a name is one segment, and stays where it was put.
    let named = ResourceBuf::new("workspace").unwrap().push("../etc/passwd").unwrap();
    assert_eq!(named.as_str(), "workspace/..%2Fetc%2Fpasswd");
    assert!(passes(&gate, &Action::read("fs.read", named.as_str()), &scope));
    assert!(passes(&gate, &Action::read("fs.read", "workspace/x"), &scope));
    println!("S44 ok: {} odd paths refused, canonical ones pass", escapes.len());
}

#[test]
fn s45_a_bound_name_is_one_literal_segment() {
    let held = capability([permit("own", Operation::Read, "mail/{invoker}/*")]);
    let gate = gate();
    for name in ["*", "**", "dana/inbox", "..", ".", "{invoker}", "%2F", "d*"] {
        let scope = scope_of(&held, name, "triage");
        for path in ["mail/dana/1", "mail/dana/inbox/1", "mail/lee/1", "mail/x", "mail/d/1"] {
            let read = Action::read("mail.read", path);
            assert_eq!(
                refused(&gate, &read, &scope),
                Some(Reason::NotPermitted),
                "{name} at {path}"
            );
        }
        let own = ResourceBuf::new("mail").unwrap().push(name).unwrap().push("1").unwrap();
        assert!(passes(&gate, &Action::read("mail.read", own.as_str()), &scope), "{name}");
    }
    println!("S45 ok: odd names reach their own mail and nothing else");
}
