//! Programs that start another one, whose words stand behind theirs.
//!
//! Only what is known to start those words as they stand is listed. Others join them to a line that a shell reads again (`ssh`,
//! `watch`, `su`, `script`, `systemd-run`), or take more words from their input (`xargs`, `parallel`).

/// A program that starts the words behind its own operands as they stand.
pub(super) struct Prefix {
    /// With its sub-commands.
    path: &'static str,
    /// How many operands stand before the command.
    operands: u8,
    /// With these it joins or splits words, or runs something else.
    never: &'static [&'static str],
}

const PREFIXES: &[Prefix] = &[
    Prefix { path: "builtin", operands: 0, never: &[] },
    Prefix { path: "bundle exec", operands: 0, never: &[] },
    Prefix { path: "caffeinate", operands: 0, never: &[] },
    Prefix { path: "chroot", operands: 1, never: &[] },
    Prefix { path: "chrt", operands: 1, never: &[] },
    Prefix { path: "command", operands: 0, never: &[] },
    Prefix { path: "doas", operands: 0, never: &["-s", "-C"] },
    Prefix { path: "docker exec", operands: 1, never: &[] },
    Prefix { path: "env", operands: 0, never: &["-S", "--split-string"] },
    Prefix { path: "exec", operands: 0, never: &[] },
    Prefix { path: "flock", operands: 1, never: &["-c", "--command"] },
    Prefix { path: "gosu", operands: 1, never: &[] },
    Prefix { path: "gtimeout", operands: 1, never: &[] },
    Prefix { path: "ionice", operands: 0, never: &[] },
    Prefix { path: "nice", operands: 0, never: &[] },
    Prefix { path: "nohup", operands: 0, never: &[] },
    Prefix { path: "nsenter", operands: 0, never: &[] },
    Prefix { path: "numactl", operands: 0, never: &[] },
    Prefix { path: "podman exec", operands: 1, never: &[] },
    Prefix { path: "prlimit", operands: 0, never: &[] },
    Prefix { path: "setpriv", operands: 0, never: &[] },
    Prefix { path: "setsid", operands: 0, never: &[] },
    Prefix { path: "stdbuf", operands: 0, never: &[] },
    Prefix { path: "strace", operands: 0, never: &["-o", "--output"] },
    Prefix { path: "su-exec", operands: 1, never: &[] },
    Prefix {
        path: "sudo",
        operands: 0,
        never: &["-s", "--shell", "-i", "--login", "-e", "--edit"],
    },
    Prefix { path: "taskset", operands: 1, never: &[] },
    Prefix { path: "time", operands: 0, never: &[] },
    Prefix { path: "timeout", operands: 1, never: &[] },
    Prefix { path: "unshare", operands: 0, never: &[] },
    Prefix { path: "uv run", operands: 0, never: &[] },
    Prefix { path: "xvfb-run", operands: 0, never: &[] },
];

/// Says why an author's `runs` would not hold.
///
/// `path` is the command with its sub-commands, and `options` are those that it may have, as they are written.
pub(super) fn check(path: &str, runs: u8, options: &[String]) -> Result<(), String> {
    let (name, below) =
        path.split_once(' ').map_or((path, None), |(name, below)| (name, Some(below)));
    let base = name.rsplit('/').next().unwrap_or_default();
    let known = PREFIXES.iter().find(|prefix| match prefix.path.split_once(' ') {
        Some((name, rest)) => name == base && Some(rest) == below,
        None => prefix.path == base && below.is_none(),
    });
    let Some(known) = known else {
        return Err(format!(
            "`{path}` is not known to start the words behind it as they stand: it could join them for a shell to read again (`ssh`, `watch`, `su`) or take more from its input (`xargs`). `runs` is for {}; otherwise state `operands`",
            PREFIXES
                .iter()
                .map(|prefix| format!("`{}`", prefix.path))
                .collect::<Vec<_>>()
                .join(", "),
        ));
    };
    if known.operands != runs {
        return Err(format!(
            "`{path}` runs what stands behind {} of its operands: write `runs = {0}`",
            known.operands
        ));
    }
    let named = |option: &&String| {
        known.never.contains(&option.trim_end_matches("[=]").trim_end_matches('='))
    };
    match options.iter().find(named) {
        Some(option) => Err(format!(
            "`{path}` with `{option}` does not run the words behind it as they stand: leave the option out, or `runs`"
        )),
        None => Ok(()),
    }
}
