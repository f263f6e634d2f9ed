//! A tool belongs to the gate that named it.

use permitgate::{Operation, Tool};

fn forge() -> Tool {
    Tool { gate: 1, name: "mail.delete".into(), operation: Operation::Delete }
}

fn main() {}
