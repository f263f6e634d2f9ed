//! Names of a call, for audiences that borrow them.

use smallvec::SmallVec;

/// Names that a call gives, each in its one form.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameList {
    names: SmallVec<[NameExtent; 8]>,
    text: SmallVec<[u8; 256]>,
}

/// Where a name stands in the text of its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameExtent {
    from: u32,
    to: u32,
}

impl NameList {
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn push(&mut self, name: NameExtent) {
        self.names.push(name);
    }

    /// Writes a name, which is in the list only when it is pushed.
    pub(crate) fn write(&mut self, name: &str) -> NameExtent {
        let from = self.text.len() as u32;
        self.text.extend_from_slice(name.as_bytes());
        NameExtent { from, to: self.text.len() as u32 }
    }

    pub(crate) fn text(&self, NameExtent { from, to }: NameExtent) -> &str {
        let bytes = self.text.get(from as usize..to as usize).unwrap_or_default();
        // Only whole texts are written.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    pub(super) fn range(&self, from: u32, count: u32) -> impl Iterator<Item = &str> {
        let from = from as usize;
        let names = self.names.get(from..from + count as usize).unwrap_or_default();
        names.iter().map(|name| self.text(*name))
    }
}
