//! `plan`: what holds a task to the plan that was made for it.

use permitgate_task::Plan;
use serde_json::json;

use crate::EXIT_FINE;
use crate::args::PlanFile;
use crate::fault::Fault;
use crate::input;
use crate::io::Io;

/// Bytes that a plan may have.
const MAX_PLAN: u64 = 1024 * 1024;

pub(super) fn run(args: &PlanFile, io: &mut Io) -> Result<u8, Fault> {
    let bundle = input::load_bundle(&args.policy)?;
    let text = io.read(&args.plan, MAX_PLAN)?;
    let shown = args.plan.display();
    let plan: Plan =
        serde_json::from_str(&text).map_err(|error| Fault::said(format!("{shown}: {error}")))?;
    let statements = plan
        .statements(bundle.manifest())
        .map_err(|error| Fault::said(format!("{shown}: {error}")))?;
    let file = json!({ "statement": statements }).to_string();
    // Its answer is JSON anyway.
    io.line(input::format("task.json", &file)?.trim_end())?;
    Ok(EXIT_FINE)
}
