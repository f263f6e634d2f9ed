//! What requests ask for and forbid: a table of cases, and laws over random ones.

#[path = "requests/cases.rs"]
mod cases;
#[path = "requests/delegated.rs"]
mod delegated;
#[path = "requests/laws.rs"]
mod laws;
#[path = "requests/onward.rs"]
mod onward;
#[path = "requests/tasks.rs"]
mod tasks;
#[path = "requests/world.rs"]
mod world;
