//! A permit cannot outlive the text of its action, so that nobody can change it in between.

use permitgate::gate::ToolHandle;
use permitgate::{Action, Gate, Refusal, Scope};

fn swap(gate: &Gate, scope: &Scope, tool: &ToolHandle, path: &mut String) -> Result<(), Refusal> {
    let permit = gate.authorize(&tool.on(path), scope)?;
    path.push_str("/everything");
    permit.begin(tool)?.done();
    Ok(())
}

fn drop_early(gate: &Gate, scope: &Scope, tool: &ToolHandle) -> Result<(), Refusal> {
    let permit = {
        let path = String::from("mail/dana/1");
        gate.authorize(&Action::delete("mail.delete", &path), scope)?
    };
    permit.begin(tool)?.done();
    Ok(())
}

fn main() {}
