//! The tables of the house: rooms and what they may know, the order within a room, hot files and what
//! they must not do. A new file or import needs an entry here, and thereby a thought.

/// Every room with its floor and the rooms it may know. A room knows rooms on its own floor or below;
/// what would need more stands in [`UPWARD`], with its reason.
pub(crate) const ROOMS: &[(&str, u8, &[&str])] = &[
    // Documents, mounted in rustdoc.
    ("manual", 0, &[]),
    // Values.
    ("limits", 0, &[]),
    ("time", 0, &[]),
    ("sync", 0, &[]),
    ("hash", 0, &[]),
    ("buckets", 0, &["hash"]),
    ("decision", 0, &[]),
    ("name", 0, &["hash", "limits"]),
    ("clock", 0, &["time"]),
    ("resource", 0, &["hash", "limits"]),
    ("arguments", 0, &["limits"]),
    ("audience", 0, &["name"]),
    ("action", 0, &["arguments", "audience", "decision"]),
    // Deciding.
    ("directory", 1, &["audience", "buckets", "hash", "limits", "name"]),
    (
        "policy",
        1,
        &[
            "action",
            "arguments",
            "audience",
            "buckets",
            "directory",
            "hash",
            "limits",
            "name",
            "resource",
        ],
    ),
    // Authority, and what is performed under it.
    ("capability", 2, &["limits", "name", "policy", "sync", "time"]),
    ("scope", 3, &["capability", "name", "policy", "sync"]),
    (
        "manifest",
        3,
        &[
            "action",
            "arguments",
            "audience",
            "buckets",
            "decision",
            "hash",
            "limits",
            "name",
            "policy",
            "resource",
            "scope",
        ],
    ),
    // State and evidence.
    ("state", 4, &["capability", "decision", "scope", "sync"]),
    (
        "audit",
        4,
        &["action", "audience", "capability", "decision", "limits", "scope", "sync", "time"],
    ),
    // Enforcing.
    ("refusal", 5, &["action", "decision", "scope"]),
    ("rule", 5, &["action", "directory", "scope", "time"]),
    ("rules", 6, &["action", "audience", "directory", "rule"]),
    (
        "permit",
        7,
        &[
            "action",
            "arguments",
            "audience",
            "audit",
            "decision",
            "refusal",
            "scope",
            "state",
            "time",
        ],
    ),
    (
        "gate",
        8,
        &[
            "action",
            "audience",
            "audit",
            "clock",
            "decision",
            "directory",
            "hash",
            "limits",
            "name",
            "permit",
            "policy",
            "refusal",
            "resource",
            "rule",
            "scope",
            "state",
            "sync",
            "time",
        ],
    ),
];

/// Imports that point upward, each with the one path it is for and the reason it stays.
pub(crate) const UPWARD: &[(&str, &str, &str)] = &[(
    "permit",
    "gate::Gate",
    "a permit holds its gate, asks it again when the effect begins, and reports to it",
)];

/// The order of the files within a room, from the bottom up: each may know those before it.
pub(crate) const ORDERS: &[(&str, &[&str])] = &[
    ("action", &["owned"]),
    ("arguments", &["frozen", "json"]),
    ("directory", &["build", "resolved"]),
    (
        "policy",
        &[
            "error",
            "number",
            "text",
            "pattern",
            "index",
            "condition",
            "statement",
            "compile",
            "evaluate",
        ],
    ),
    (
        "manifest",
        &[
            "error",
            "defaults",
            "path",
            "level",
            "data",
            "template",
            "result",
            "compile",
            "fault",
            "call",
            "host",
            "map",
            "tool_list",
            "narrow",
            "words",
            "draft",
            "task",
        ],
    ),
    ("state", &["published", "halt", "running"]),
    ("audit", &["record", "sink", "memory", "trace"]),
    ("gate", &["configuration", "wall", "batch", "run"]),
    ("resource", &["path"]),
    ("rules", &["audience_within", "irreversible_needs_approval", "recipient_limit"]),
];

/// Files whose functions run at every decision.
pub(crate) const HOT: &[&str] = &[
    "policy/evaluate.rs",
    "policy/index.rs",
    "policy/pattern.rs",
    "policy/condition.rs",
    "policy/text.rs",
    "policy/number.rs",
    "gate/wall.rs",
    "manifest/map.rs",
    "manifest/call.rs",
    "manifest/host.rs",
    "directory/resolved.rs",
    "hash.rs",
    "buckets.rs",
    "resource/path.rs",
];

/// What no hot code does: read a clock, do I/O, allocate.
pub(crate) const NOT_IN_HOT: &[&str] = &[
    "SystemTime",
    "Instant",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::thread",
    "println!",
    "eprintln!",
    "format!",
    "String::from",
    "String::new",
    "String::with_capacity",
    ".to_string()",
    ".to_owned()",
    "Vec::new",
    "Vec::<",
    "Vec::with_capacity",
    "vec!",
    ".to_vec()",
    ".collect()",
    ".collect::",
    "Box::new",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
];

/// Functions in hot files that may, since they run when something is built and never in a decision.
pub(crate) const BUILDS: &[(&str, &str, &str)] = &[
    ("policy/index.rs", "new", "groups patterns when a policy is compiled"),
    ("policy/index.rs", "of", "works out the shape of a pattern when a policy is compiled"),
    ("policy/index.rs", "coarsen", "the same"),
    ("policy/index.rs", "", "imports what those two group with"),
    ("policy/pattern.rs", "new", "escapes a value when a scope is built"),
    ("policy/pattern.rs", "default", "names the variables of a policy that is being compiled"),
    ("policy/pattern.rs", "canonical_probe", "checks a pattern when a policy is compiled"),
    ("policy/condition.rs", "", "what conditions share while a policy is compiled"),
    ("policy/condition.rs", "path", "the same"),
    ("policy/condition.rs", "text", "the same"),
    ("policy/condition.rs", "one_of", "an author writes a condition"),
    ("policy/condition.rs", "parse_path", "parses a condition when a policy is compiled"),
    ("policy/condition.rs", "set", "the same"),
    ("policy/text.rs", "parse", "parses a pattern when a policy is compiled"),
    ("directory/resolved.rs", "new", "compiles readers when a policy is compiled"),
    ("buckets.rs", "new", "lays the table out once"),
];
