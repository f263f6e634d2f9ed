//! The two incidents that Permitgate was made for, replayed step by step.
//!
//! `cargo run --example incidents` tells them as a story: what the agent tried, what the gate said,
//! and the legitimate step beside it that passes. `transcript.txt` holds the whole story as it must
//! go; every run compares the two, and so does `cargo test --examples`.
//!
//! - `forum`: an answer that was meant for one engineer is kept from everybody else
//! - `mailbox`: an agent that may suggest cannot delete, and one that may delete can be stopped

mod forum;
mod mailbox;

use std::sync::{Mutex, MutexGuard, PoisonError};

use permitgate::Refusal;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The person whom the agents work for.
const DANA: &str = "dana@example.com";

fn main() -> Result<(), Error> {
    let story = [forum::incident()?, mailbox::incident()?].join("\n\n");
    println!("{story}");
    assert_eq!(story, include_str!("transcript.txt").trim_end(), "the story did not go as it must");
    Ok(())
}

#[test]
fn both_incidents_are_refused() -> Result<(), Error> {
    main()
}

/// What a person reads: a title, steps, and what came of each step.
struct Story(String);

impl Story {
    fn new(title: &str) -> Self {
        Self(format!("{title}\n{}", "=".repeat(title.len())))
    }

    fn step(&mut self, line: &str) {
        self.0.extend(["\n\n", line]);
    }

    /// Adds a line, wrapped where it is long.
    fn says(&mut self, line: impl std::fmt::Display) {
        const WIDTH: usize = 92;
        let mut column = WIDTH;
        for (place, word) in line.to_string().split(' ').enumerate() {
            if column + 1 + word.len() > WIDTH {
                self.0.push_str(if place == 0 { "\n   " } else { "\n       " });
                column = 0;
            }
            self.0.extend([" ", word]);
            column += 1 + word.len();
        }
    }

    /// Tells what the gate answered, and hands the refusal back for closer looks.
    fn refused<T>(&mut self, answer: Result<T, Refusal>) -> Result<Refusal, Error> {
        let Err(refusal) = answer else {
            return Err("this must be refused".into());
        };
        self.says(&refusal);
        Ok(refusal)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
