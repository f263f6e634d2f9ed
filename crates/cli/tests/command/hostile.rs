//! Input that nobody would write, and streams longer than any memory.

use std::io::{Read, Write};
use std::process::Stdio;

use super::{Folder, POLICY, Ran, command, run_with, send};

fn decide(lines: impl Into<Vec<u8>>) -> Ran {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    run_with(&["decide", "-p", &policy], lines)
}

/// What stands between two good lines gives one error line, and the run goes on.
#[track_caller]
fn one_error(line: &[u8], expected: &str) {
    let good = send("lee@example.com");
    let lines = [good.as_bytes(), line, good.as_bytes()].join(&b'\n');
    let ran = decide(lines);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let found = ran.lines();
    assert_eq!(found.len(), 3, "{}", ran.out);
    assert_eq!(found[0]["decision"], "allow");
    assert_eq!((&found[1]["line"], &found[1]["error"]), (&2.into(), &expected.into()));
    assert_eq!((&found[2]["line"], &found[2]["decision"]), (&3.into(), &"allow".into()));
}

#[test]
fn a_bad_line_gives_one_error_line() {
    one_error(b"oops", "expected value");
    one_error(b"{\"tool\":\"send_email\"", "EOF while parsing an object");
    one_error(b"[1]", "a call is an object, not a list");
    one_error(b"{\"tool\":\"a\",\"tool\":\"b\"}", "the key `tool` stands twice in one object");
    one_error(
        b"{\"tool\":\"a\",\"arguments\":{\"to\":1,\"t\\u006f\":2}}",
        "the key `to` stands twice in one object",
    );
    one_error(b"{\"tool\":\"a\xff\"}", "not UTF-8");
    one_error(b"{\"tool\":\"a\"}\0", "trailing characters");
    one_error(b"{\"tool\":\"a\"} {\"tool\":\"b\"}", "trailing characters");
    one_error(b"\xef\xbb\xbf{}", "expected value");
}

#[test]
fn text_of_ten_megabytes_gives_one_error_line() {
    let line = format!("{{\"tool\":\"{}\"}}", "x".repeat(10_000_000));
    one_error(line.as_bytes(), "the line is longer than 4194304 bytes");
    let line = format!("{{\"tool\":\"{}\"}}", "x".repeat(2_000_000));
    one_error(line.as_bytes(), "a text is longer than 1048576 bytes");
}

#[test]
fn ten_thousand_levels_give_one_error_line() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let value = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let line = format!("{{\"tool\":\"t\",\"arguments\":{{\"a\":{value}}}}}");
        one_error(line.as_bytes(), "lists and objects are nested too deeply");
    }
}

#[test]
fn many_keys_are_told_apart_in_reasonable_time() {
    let keys: Vec<_> = (0..200_000).map(|number| format!("\"k{number}\":1")).collect();
    let line = format!(
        "{{\"tool\":\"t\",\"invoker\":\"d\",\"agent\":\"a\",\"arguments\":{{{}}}}}",
        keys.join(",")
    );
    let started = std::time::Instant::now();
    let ran = decide([line.as_str(); 3].join("\n"));
    assert_eq!(ran.code, 0);
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn byte_order_mark_line_ends_and_blank_lines_do_not_matter() {
    let good = send("lee@example.com");
    let ran = decide(format!("\u{feff}{good}\r\n\r\n \t\n\n{good}"));
    assert_eq!(ran.code, 0);
    let numbers: Vec<_> = ran.lines().iter().map(|line| line["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 5]);
    let ran = decide("");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn errors_quote_no_values() {
    let secret = "hunter2-secret";
    for line in [
        format!("{{\"tool\":\"t\",\"arguments\":\"{secret}\"}}"),
        format!("{{\"tool\":\"t\",\"arguments\":{{\"password\":\"{secret}}}}}"),
        format!("{{\"tool\":\"t\",\"arguments\":{{\"password\":{secret}}}}}"),
        format!(
            "{{\"tool\":\"send_email\",\"arguments\":{{\"to\":{{\"x\":\"{secret}\"}}}},\"invoker\":\"d\",\"agent\":\"a\"}}"
        ),
        format!("{{\"tool\":\"t\",\"begin\":\"{secret}\"}}"),
        format!("{{\"tool\":\"t\",\"session\":\"s\",\"user_says\":\"{secret}\",\"begin\":true}}"),
    ] {
        let ran = decide(line.clone());
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{line}: {}", ran.out);
    }
}

/// Most memory that a process ever held, in KiB.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Feeds `blocks` copies of a block, and gives the peak memory before the end and how many lines came out.
#[cfg(target_os = "linux")]
fn stream(block: &[u8], blocks: usize, args: &[&str]) -> (u64, u64) {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let mut all = vec!["decide", "-p", &policy];
    all.extend(args);
    let mut child = command(&all).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let counting = std::thread::spawn(move || {
        let (mut lines, mut room) = (0, vec![0; 1 << 16]);
        loop {
            match stdout.read(&mut room).unwrap() {
                0 => return lines,
                count => {
                    lines += room[..count].iter().filter(|byte| **byte == b'\n').count() as u64
                }
            }
        }
    });
    for _ in 0..blocks {
        stdin.write_all(block).unwrap();
    }
    let peak = peak(child.id());
    drop(stdin);
    child.wait().unwrap();
    (peak, counting.join().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_stream() {
    // 200 MB in lines of four kilobytes, with text that must not be kept.
    let line =
        send("lee@example.com").replacen('{', &format!("{{\"id\":\"{}\",", "x".repeat(4000)), 1)
            + "\n";
    let block = line.repeat(200);
    let blocks = 200_000_000 / block.len();
    for (threads, blocks) in [("1", blocks), ("3", blocks / 4)] {
        let (peak, lines) = stream(block.as_bytes(), blocks, &["--threads", threads]);
        assert_eq!(lines, blocks as u64 * 200);
        assert!(peak < 48 * 1024, "{peak} KiB with {threads} threads");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn one_endless_line_takes_no_memory() {
    let (peak, lines) = stream(&vec![b'['; 1 << 20], 200, &[]);
    assert_eq!(lines, 1);
    assert!(peak < 48 * 1024, "{peak} KiB");
}

#[test]
#[cfg(target_os = "linux")]
fn endless_new_names_take_no_memory() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let args = ["decide", "-p", &policy, "--sessions", "64"];
    let mut child = command(&args).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for number in 0..60_000 {
        let line = format!(
            "{{\"tool\":\"read_email\",\"arguments\":{{\"id\":1}},\"invoker\":\"d{number}\",\"agent\":\"a{number}\",\
             \"session\":\"{number}\"}}\n{{\"tool\":\"t\",\"invoker\":\"d{number}\",\"agent\":\"a\"}}\n"
        );
        stdin.write_all(line.as_bytes()).unwrap();
    }
    let peak = peak(child.id());
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(peak < 64 * 1024, "{peak} KiB");
}

#[test]
fn a_closed_output_ends_the_run_quietly() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let mut child = command(&["decide", "-p", &policy]).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    drop(stdout);
    let line = send("lee@example.com") + "\n";
    let block = line.repeat(1000);
    // Ends with an error when the command is gone.
    let ended = (0..1000).any(|_| stdin.write_all(block.as_bytes()).is_err());
    assert!(ended, "the command reads on although nobody listens");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn answers_come_while_the_input_is_still_open() {
    let folder = Folder::new();
    let policy = folder.file("policy.toml", POLICY);
    let mut child = command(&["decide", "-p", &policy]).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    stdin.write_all((send("lee@example.com") + "\n{\"tool\"").as_bytes()).unwrap();
    let mut answer = [0; 9];
    stdout.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"{\"line\":1");
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// Whether a text shows something that nobody sees, or that the terminal obeys.
fn hides(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[cfg(unix)]
#[test]
fn names_of_files_and_words_of_the_command_line_hide_nothing() {
    const TEST: &str = r#"
[[test]]
name = "odd \u202E \u200B \u0007 name"
invoker = "x"
agent = "y"
call = { tool = "no \u202E tool", arguments = {} }
expect = "allow"
"#;
    let folder = Folder::new();
    let odd = "a\u{202e}\u{200b}\x1b[31m\rb";
    let good = folder.file("good.toml", POLICY);
    let policy = folder.file(&format!("{odd}.toml"), &format!("{POLICY}{TEST}"));
    let fine = folder.file(&format!("{odd}-fine.toml"), &format!("  {POLICY}"));
    let missing = good.replace("good.toml", &format!("{odd}-missing"));
    let case =
        r#"{"tool": "x", "invoker": "x", "agent": "y", "expect": "allow", "name": "c\u202e"}"#;
    let cases = folder.file(&format!("{odd}.jsonl"), case);
    let runs: &[&[&str]] = &[
        &["check", &policy],
        &["check", &fine],
        &["check", &missing],
        &["fmt", "--check", &fine],
        &["fmt", &fine],
        &["fmt", &missing],
        &["test", &policy],
        &["test", "--format", "tap", &policy],
        &["test", "--format", "junit", &policy],
        &["test", "--format", "json", &policy],
        &["test", &fine, "--cases", &cases],
        &["test", "--format", "tap", &fine, "--cases", &cases],
        &["test", "--format", "junit", &fine, "--cases", &cases],
        &["decide", "-p", &good, &missing],
        &["manifest", "draft", &missing],
        &["manifest", "check", "-p", &good, &missing],
        &["manifest", "approve", "-p", &good, &missing],
        &["token", "inspect", &missing],
        &["token", "keygen", "--out", &missing, odd],
        &[odd],
        &["check", "--\u{202e}x"],
        &["decide", "-p", &good, "--bind", odd],
        &["decide", "-p", &good, "--threads", odd],
        &["completions", odd],
    ];
    for args in runs {
        let ran = run_with(args, "");
        assert!(!hides(&ran.out) && !hides(&ran.err), "{args:?}\n{:?}\n{:?}", ran.out, ran.err);
        assert!(!(ran.out.is_empty() && ran.err.is_empty()), "{args:?}");
    }
}
