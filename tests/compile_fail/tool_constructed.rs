//! A tool belongs to the gate that named it.

use permitgate::gate::ToolHandle;
use permitgate::Operation;

fn forge() -> ToolHandle {
    ToolHandle { gate: 1, name: "mail.delete".into(), operation: Operation::Delete }
}

fn main() {}
