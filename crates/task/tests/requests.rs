//! What requests ask for and forbid: a table of cases, laws over random ones, and the cost of reading them.

#[path = "requests/cases.rs"]
mod cases;
#[path = "requests/cost.rs"]
mod cost;
#[path = "requests/delegated.rs"]
mod delegated;
#[path = "requests/laws.rs"]
mod laws;
#[path = "requests/tasks.rs"]
mod tasks;
#[path = "requests/world.rs"]
mod world;
