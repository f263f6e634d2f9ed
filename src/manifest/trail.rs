//! Where in the arguments of a call a fault is.

use std::fmt::Write as _;

use smallvec::SmallVec;

/// Bytes of a place that a fault tells, about.
pub(super) const MAX_PLACE_BYTES: usize = 512;

/// The steps taken so far, from the last one back.
#[derive(Clone, Copy)]
pub(super) struct Trail<'t> {
    pub(super) step: Taken<'t>,
    pub(super) before: Option<&'t Trail<'t>>,
    /// Whether what stands here is secret, with the names of all that it holds.
    pub(super) secret: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Taken<'t> {
    Field(&'t str),
    Place(usize),
}

impl<'t> Trail<'t> {
    pub(super) fn below(step: Taken<'t>, before: Option<&'t Self>) -> Self {
        Self { step, before, secret: false }
    }

    /// The outermost secret that it leads into.
    pub(super) fn secret(&self) -> Option<&Self> {
        let back = std::iter::successors(self.before, |trail| trail.before);
        back.filter(|trail| trail.secret).last()
    }

    /// The steps, as a path is written.
    pub(super) fn text(&self) -> Text {
        let mut text = Text::default();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut Text) {
        if let Some(before) = self.before {
            before.write(text);
            let _ = text.write_char('.');
        }
        let _ = match self.step {
            Taken::Field(name) => text.write_str(name),
            Taken::Place(place) => write!(text, "{place}"),
        };
    }
}

/// Text that ends where it becomes too long.
#[derive(Default)]
pub(super) struct Text(SmallVec<[u8; MAX_PLACE_BYTES]>);

impl Text {
    pub(super) fn as_str(&self) -> &str {
        // It was written as text, and cut between characters.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = MAX_PLACE_BYTES.saturating_sub(self.0.len());
        self.0.extend_from_slice(
            text.get(..text.floor_char_boundary(room)).unwrap_or_default().as_bytes(),
        );
        Ok(())
    }
}
