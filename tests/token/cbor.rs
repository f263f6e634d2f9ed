//! A reader and writer of CBOR for surgery: it shares no code with the crate.

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Uint(u64),
    Negative(u64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Item>),
    Map(Vec<(Item, Item)>),
    /// A simple value or float, with its head and payload as they were.
    Other(Vec<u8>),
}

impl Item {
    /// Reads exactly one item.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let item = Self::take(&mut rest);
        assert!(rest.is_empty(), "bytes after the item");
        item
    }

    fn take(rest: &mut &[u8]) -> Self {
        let (major, info) = (rest[0] >> 5, rest[0] & 31);
        let size = match info {
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => 0,
        };
        let (head, behind) = rest.split_at(1 + size);
        *rest = behind;
        let wide = head[1..].iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        let number = if size == 0 { u64::from(info) } else { wide };
        match major {
            0 => Self::Uint(number),
            1 => Self::Negative(number),
            2 => Self::Bytes(raw(rest, number)),
            3 => Self::Text(String::from_utf8(raw(rest, number)).unwrap()),
            4 => Self::List((0..number).map(|_| Self::take(rest)).collect()),
            5 => Self::Map((0..number).map(|_| (Self::take(rest), Self::take(rest))).collect()),
            7 => Self::Other(head.to_vec()),
            _ => panic!("a tag"),
        }
    }

    /// The item in its shortest form.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out);
        out
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Uint(number) => out.extend(head(0, *number)),
            Self::Negative(number) => out.extend(head(1, *number)),
            Self::Bytes(bytes) => {
                out.extend(head(2, bytes.len() as u64));
                out.extend(bytes);
            }
            Self::Text(text) => {
                out.extend(head(3, text.len() as u64));
                out.extend(text.bytes());
            }
            Self::List(items) => {
                out.extend(head(4, items.len() as u64));
                items.iter().for_each(|item| item.put(out));
            }
            Self::Map(entries) => {
                out.extend(head(5, entries.len() as u64));
                entries.iter().for_each(|(key, value)| {
                    key.put(out);
                    value.put(out);
                });
            }
            Self::Other(bytes) => out.extend(bytes),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("no bytes: {other:?}"),
        }
    }

    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            other => panic!("no list: {other:?}"),
        }
    }
}

fn raw(rest: &mut &[u8], length: u64) -> Vec<u8> {
    let (bytes, behind) = rest.split_at(usize::try_from(length).unwrap());
    *rest = behind;
    bytes.to_vec()
}

fn head(major: u8, number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let (info, from) = match number {
        0..24 => return vec![major << 5 | number as u8],
        24..0x100 => (24, 7),
        0x100..0x1_0000 => (25, 6),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 0),
    };
    [&[major << 5 | info], &bytes[from..]].concat()
}

/// A token taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) version: Item,
    pub(crate) key: Vec<u8>,
    /// Bodies with their signatures.
    pub(crate) blocks: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub(crate) end: Vec<Item>,
}

impl Parts {
    pub(crate) fn of(token: &[u8]) -> Self {
        let Item::List(mut parts) = Item::read(token) else { panic!("a token is a list") };
        assert_eq!(parts.len(), 4);
        let Some(Item::List(end)) = parts.pop() else { panic!("an end is a list") };
        let blocks = parts[2].list().iter().map(|block| match block {
            Item::Bytes(body) => (body.clone(), None),
            pair => (pair.list()[0].bytes().to_vec(), Some(pair.list()[1].bytes().to_vec())),
        });
        Self {
            blocks: blocks.collect(),
            key: parts[1].bytes().to_vec(),
            version: parts[0].clone(),
            end,
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let blocks = self.blocks.iter().map(|(body, signature)| {
            let body = Item::Bytes(body.clone());
            match signature {
                Some(signature) => Item::List(vec![body, Item::Bytes(signature.clone())]),
                None => body,
            }
        });
        Item::List(vec![
            self.version.clone(),
            Item::Bytes(self.key.clone()),
            Item::List(blocks.collect()),
            Item::List(self.end.clone()),
        ])
        .write()
    }

    /// The end with these bytes: a secret (0) or a seal (1).
    pub(crate) fn ended(mut self, kind: u64, bytes: &[u8]) -> Self {
        self.end = vec![Item::Uint(kind), Item::Bytes(bytes.to_vec())];
        self
    }

    /// The end that says that the holder's key goes on.
    pub(crate) fn ended_as_bound(mut self) -> Self {
        self.end = vec![Item::Uint(2)];
        self
    }

    /// The secret or seal at the end.
    pub(crate) fn end_bytes(&self) -> Vec<u8> {
        self.end[1].bytes().to_vec()
    }
}
