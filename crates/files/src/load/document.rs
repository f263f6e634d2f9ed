//! The tables of all files, sorted by what they are.

use crate::fault::{Code, Fault};
use crate::source::Span;
use crate::tree::read::unknown_key;
use crate::tree::{Content, Key, Node};

/// The keys at the top of a file, in their canonical order.
pub(crate) const TOP: &[&str] = &[
    "include",
    "labels",
    "directory",
    "approvers",
    "statement",
    "guardrail",
    "budget",
    "label",
    "tool",
    "test",
];

/// What stands in the files, not yet understood.
#[derive(Debug, Default)]
pub(crate) struct Document<'t> {
    pub(crate) directories: Vec<&'t Node>,
    pub(crate) statements: Vec<&'t Node>,
    pub(crate) guardrails: Vec<&'t Node>,
    pub(crate) approvers: Option<(&'t Key, &'t Node)>,
    pub(crate) budgets: Vec<&'t Node>,
    pub(crate) labels: Option<(&'t Key, &'t Node)>,
    pub(crate) label_rules: Vec<&'t Node>,
    pub(crate) tools: Vec<&'t Node>,
    pub(crate) tests: Vec<&'t Node>,
    pub(crate) faults: Vec<Fault>,
}

impl<'t> Document<'t> {
    pub(crate) fn new(trees: &'t [Node]) -> Self {
        let mut document = Self::default();
        for tree in trees {
            document.check_table(tree);
            for (key, node) in tree.entries() {
                document.add(key, node);
            }
        }
        document
    }

    pub(crate) fn check_table(&mut self, tree: &Node) {
        if !matches!(tree.value, Content::Table(_)) {
            let message = format!("a file is one table, not {}", tree.kind());
            self.faults.push(Fault::new(Code::WrongType, tree.span, message));
        }
    }

    pub(crate) fn add(&mut self, key: &'t Key, node: &'t Node) {
        match key.name.as_str() {
            // The files that it names have been read.
            "include" => {}
            "draft" => self.draft(key, node),
            "directory" => {
                if self.is_table(key, node) {
                    self.directories.push(node);
                }
            }
            "labels" => self.labels(key, node),
            "approvers" => self.approvers(key, node),
            "statement" | "guardrail" | "budget" | "label" | "tool" | "test" => {
                self.list(key, node)
            }
            _ => self.faults.push(unknown_key(key.span, "a policy file", &key.name, TOP)),
        }
    }

    fn draft(&mut self, key: &Key, node: &Node) {
        if !matches!(node.value, Content::Bool(false)) {
            let fault = Fault::new(Code::Draft, key.span, "this file is a draft");
            self.faults.push(fault.hint("review the manifest, then delete this line"));
        }
    }

    fn labels(&mut self, key: &'t Key, node: &'t Node) {
        if let Some((first, _)) = self.labels {
            self.faults.push(duplicate(key.span, "`labels`", first.span));
        } else if self.is_table(key, node) {
            self.labels = Some((key, node));
        }
    }

    fn approvers(&mut self, key: &'t Key, node: &'t Node) {
        if let Some((first, _)) = self.approvers {
            self.faults.push(duplicate(key.span, "`approvers`", first.span));
        } else if self.is_table(key, node) {
            self.approvers = Some((key, node));
        }
    }

    fn is_table(&mut self, key: &Key, node: &Node) -> bool {
        let is_table = matches!(node.value, Content::Table(_));
        if !is_table {
            let message = format!("`{}` is a table, not {}", key.name, node.kind());
            let fault = Fault::new(Code::WrongType, node.span, message);
            self.faults.push(fault.hint(format!("write `[{}]`", key.name)));
        }
        is_table
    }

    fn list(&mut self, key: &'t Key, node: &'t Node) {
        let wrong = |node: &Node| {
            let message = format!("`{}` is a list of tables, not {}", key.name, node.kind());
            let fault = Fault::new(Code::WrongType, node.span, message);
            fault.hint(format!("write `[[{}]]`, with two brackets, for each", key.name))
        };
        if !matches!(node.value, Content::List(_)) {
            self.faults.push(wrong(node));
        }
        for item in node.items() {
            if !matches!(item.value, Content::Table(_)) {
                self.faults.push(wrong(item));
                continue;
            }
            match key.name.as_str() {
                "statement" => self.statements.push(item),
                "guardrail" => self.guardrails.push(item),
                "budget" => self.budgets.push(item),
                "label" => self.label_rules.push(item),
                "tool" => self.tools.push(item),
                _ => self.tests.push(item),
            }
        }
    }
}

/// Something that may stand once and stands twice; both places are named.
pub(crate) fn duplicate(span: Span, what: &str, first: Span) -> Fault {
    let fault = Fault::new(Code::Duplicate, span, format!("{what} stands twice"));
    fault.other(first, "the first")
}
