//! Reading is linear in the length of a request, whatever it holds.

use std::time::{Duration, Instant};

use portcullis_task::TaskRequest;

use crate::world::OFFICE;

fn reading(text: &str) -> Duration {
    let begin = Instant::now();
    let statements = TaskRequest::new(text).statements(&OFFICE);
    assert!(!statements.is_empty());
    begin.elapsed()
}

/// Eight times the text takes eight times as long; were it quadratic, 64 times.
#[test]
fn a_longer_request_takes_longer_in_proportion() {
    for unit in [
        "'a ",
        "'a' ",
        "\"a 'b ",
        "‘a “b `c ",
        "abc ",
        ", ",
        "and ",
        "please ",
        "not ",
        "no. ",
        "do not forget to ",
        "try to ",
        "send it and ",
        "send, ",
        "do it and ",
        "follow the all the ",
        "make a b c ",
        "(",
        "if ",
        "or at 12 ",
        "Lee: ",
        "- delete\n",
        "\n",
        ".",
        "never. Send it. ",
        "leave it ",
        "x.y",
    ] {
        let text = |bytes: usize| unit.repeat(bytes / unit.len());
        let (short, long) = (text(2 * 1024), text(16 * 1024));
        // Another process can lengthen one attempt, and not make all of them long.
        let is_in_proportion = || {
            let (short, long) = (reading(&short), reading(&long));
            long.as_secs_f64() / short.as_secs_f64().max(1e-6) < 28.0
        };
        assert!((0..8).any(|_| is_in_proportion()), "{unit:?}");
    }
}
