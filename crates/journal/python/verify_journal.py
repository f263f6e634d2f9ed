#!/usr/bin/env python3
"""Verifies a Permitgate journal from its written format alone, with nothing but Python's standard library.

    verify_journal.py FOLDER [--checkpoint NOTE]... [--verifier KEY]... [--proof FILE]...

It shares no code with the crate. It prints one line for each finding, `code segment=N offset=N position=N`, then one with what
the journal is, and ends with status 1 where something was found, with 2 where the journal cannot be read.
"""

import base64
import hashlib
import os
import re
import struct
import sys
import zlib

MAGIC = b"pgjrnl\r\n"
FORMAT = 1
MOST = 256 * 1024
MOST_ENTRIES = 1 << 62
DECISION, OUTCOME, OPENED, CLOSED, ERASED, DROPPED = 1, 2, 3, 4, 5, 6


class Unreadable(Exception):
    """The journal cannot be read at all."""


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def chained(before, sealed):
    return sha(b"\x02", before, sealed)


# --- the tree of RFC 6962 ---


class Tree:
    def __init__(self, size=0, peaks=()):
        self.size, self.peaks = size, list(peaks)

    def push(self, chain):
        node = sha(b"\x00", chain)
        size = self.size
        while size & 1:
            node = sha(b"\x01", self.peaks.pop(), node)
            size >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha()
        node = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            node = sha(b"\x01", left, node)
        return node


def root_of(leaf, index, size, path):
    if index >= size:
        return None
    node, last = index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            leaf = sha(b"\x01", sibling, leaf)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            leaf = sha(b"\x01", leaf, sibling)
        node, last = node >> 1, last >> 1
    return leaf if last == 0 else None


# --- Ed25519 of RFC 8032, as it is written there ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, d - c, d + c, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    found = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = add(found, point)
        point, scalar = add(point, point), scalar >> 1
    return found


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    a, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    # A key of small order signs whatever one likes.
    if same(times(8, a), (0, 1, 1, 0)):
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(times(s, BASE), add(r, times(digest, a)))


# --- checkpoints and proofs ---


def decoded(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not in its one form")
    return data


def number_of(text):
    if not re.fullmatch(r"0|[1-9][0-9]*", text):
        raise ValueError("not a number")
    return int(text)


class Verifier:
    def __init__(self, text):
        self.name, said, key = text.strip().split("+", 2)
        data = decoded(key)
        if data[0] != 1 or len(data) != 33:
            raise ValueError("not a key of Ed25519")
        self.key = data[1:]
        self.id = sha(self.name.encode(), b"\n", data)[:4]
        if self.id.hex() != said:
            raise ValueError("the hash of the key is another")


def read_checkpoint(note, verifiers):
    """The size and the root, where a known key of this log signed them."""
    body, signatures = note.rsplit("\n\n", 1)
    text, lines = (body + "\n").encode(), body.split("\n")
    if not signatures.endswith("\n") or "" in lines:
        raise ValueError("not a checkpoint")
    signed = False
    for line in signatures[:-1].split("\n"):
        dash, name, data = line.split(" ")
        data = decoded(data)
        if dash != "\u2014" or len(data) < 4:
            raise ValueError("a signature is malformed")
        for verifier in verifiers:
            if verifier.name == name and verifier.id == data[:4]:
                if not is_signed(verifier.key, text, data[4:]):
                    raise ValueError("a signature is not of this text")
                signed = signed or name == lines[0]
    root = decoded(lines[2])
    if not signed or len(root) != 32:
        raise ValueError("nobody signed it who is known for this log")
    return number_of(lines[1]), root


def read_proof(text, verifiers):
    """The position and the sealed part of an entry that a checkpoint knows."""
    head, note = text.split("\n\n", 1)
    size, root = read_checkpoint(note, verifiers)
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise ValueError("not a proof")
    extra, index = decoded(lines[1][6:]), number_of(lines[2][6:])
    path = [decoded(line) for line in lines[3:]]
    (length,) = struct.unpack("<I", extra[32:36])
    sealed, salted = extra[36 : 36 + length], extra[36 + length :]
    if len(sealed) != length or any(len(one) != 32 for one in path):
        raise ValueError("not a proof")
    leaf = sha(b"\x00", chained(extra[:32], sealed))
    if root_of(leaf, index, size, path) != root:
        raise ValueError("the checkpoint does not know this entry")
    position = struct.unpack("<Q", sealed[1:9])[0]
    if position != index + 1 or (salted and sha(b"\x04", salted) != sealed[33:65]):
        raise ValueError("the proof says another thing than the entry")
    return position, sealed


# --- segments and frames ---


class Header:
    def __init__(self, data):
        if data[:8] != MAGIC:
            raise ValueError("unwritten" if not data[:8].strip(b"\0") else "malformed")
        if len(data) < 10:
            raise ValueError("malformed")
        (version,) = struct.unpack("<H", data[8:10])
        if version > FORMAT:
            raise Unreadable(f"format {version}, and this program reads up to {FORMAT}")
        if len(data) < 96 or version != FORMAT:
            raise ValueError("malformed")
        self.bytes, self.stream = struct.unpack("<HI", data[10:16])
        self.journal = data[16:32]
        self.segment, self.frames, self.decisions, self.at = struct.unpack("<4Q", data[32:64])
        self.before = data[64:96]
        if max(self.frames, self.decisions) > MOST_ENTRIES:
            raise ValueError("malformed")
        peaks = bin(self.frames).count("1")
        end = 96 + 32 * peaks
        if self.bytes != end + 36 or len(data) < self.bytes:
            raise ValueError("malformed")
        self.peaks = [data[at : at + 32] for at in range(96, end, 32)]
        self.start = sha(b"\x03", data[:end])
        if data[end : end + 32] != self.start or data[end + 32 : end + 36] != struct.pack("<I", zlib.crc32(data[: end + 32])):
            raise ValueError("malformed")


class Frame:
    def __init__(self, data, at):
        """The whole frame at a place, or ValueError."""
        if at + 12 > len(data):
            raise ValueError
        length, crc, sealed = struct.unpack("<3I", data[at : at + 12])
        private = length - 44 - sealed
        if length > MOST or sealed < 25 or not (private == 0 or private >= 20) or at + length > len(data):
            raise ValueError
        end = at + 44 + sealed
        if zlib.crc32(data[at + 8 : end], zlib.crc32(data[at : at + 4])) != crc:
            raise ValueError
        self.bytes, self.sealed = length, data[at + 12 : at + 12 + sealed]
        self.chain, self.private = data[end - 32 : end], data[end : at + length]
        self.kind, self.position, self.settled, self.at = struct.unpack("<B3Q", self.sealed[:25])
        if not 1 <= self.position <= MOST_ENTRIES:
            raise ValueError

    def private_state(self):
        if not self.private:
            return "none"
        if struct.pack("<I", zlib.crc32(self.private[4:])) == self.private[:4]:
            return "whole"
        return "broken" if self.private.strip(b"\0") else "erased"

    def keeps_commitment(self):
        return sha(b"\x04", self.private[4:]) == self.sealed[33:65]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise ValueError("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def text(self, size=2):
        return self.take(self.number(size)).decode("utf-8")

    def end(self):
        if self.at != len(self.data):
            raise ValueError("it goes on behind its end")


def read_value(cursor, depth):
    """Passes over one value among the arguments; its mark."""
    mark = cursor.number(1)
    if mark == 3:
        cursor.take(16)
    elif mark == 4:
        cursor.take(8)
    elif mark == 5:
        cursor.text(4)
    elif mark in (6, 7):
        if depth == 0:
            raise ValueError("too deep")
        while cursor.data[cursor.at : cursor.at + 1] != b"\x0a":
            if mark == 7:
                if cursor.number(1) != 11:
                    raise ValueError("not a field")
                cursor.text(4)
            read_value(cursor, depth - 1)
        cursor.take(1)
    elif mark == 8:
        cursor.take(32)
    elif mark not in (0, 1, 2, 9):
        raise ValueError("no such value")
    return mark


def read_private(content):
    cursor = Cursor(content)
    cursor.take(2)
    cursor.text()
    for _ in range(cursor.number(1)):
        cursor.take(16)
        cursor.text()
    for _ in range(5):
        cursor.text()
    if cursor.number(1) > 5:
        raise ValueError("no such audience")
    for _ in range(cursor.number(2)):
        cursor.text()
    for _ in range(cursor.number(2)):
        cursor.text()
        cursor.take(1)
        for _ in range(cursor.number(2)):
            cursor.text()
    if read_value(cursor, 65) not in (7, 9):
        raise ValueError("no arguments")
    cursor.end()


def read_entry(frame):
    """What a frame says, as far as a verification needs it. ValueError where it does not say what its kind says."""
    cursor = Cursor(frame.sealed[25:])
    said = None
    if frame.kind == DECISION:
        sequence = cursor.number(8)
        cursor.take(32)
        ruling, operation, _, visibility, _, shadow, _ = cursor.take(7)
        cursor.take(16)
        for _ in range(4):
            cursor.text()
        if cursor.number(1):
            cursor.take(16)
            cursor.text()
        if not 1 <= ruling <= 3 or operation > 6 or visibility > 4 or shadow > 3:
            raise ValueError("no such word")
        if sequence > MOST_ENTRIES:
            raise ValueError("no such number")
        if frame.private_state() == "whole":
            read_private(frame.private[20:])
        said = (sequence, ruling)
    elif frame.private:
        raise ValueError("there is a private part")
    elif frame.kind == OUTCOME:
        sequence, outcome = cursor.number(8), cursor.number(1)
        cursor.text()
        if not 1 <= outcome <= 5:
            raise ValueError("no such outcome")
        said = sequence
    elif frame.kind == OPENED:
        cursor.take(16)
        cursor.text()
    elif frame.kind == CLOSED:
        decisions, before = cursor.number(8), cursor.take(32)
        peaks = [cursor.take(32) for _ in range(bin(frame.position - 1).count("1"))]
        if cursor.number(4) != frame.bytes or decisions > MOST_ENTRIES:
            raise ValueError("its length is another")
        said = (decisions, before, peaks)
    elif frame.kind == ERASED:
        cursor.text()
        said = [cursor.number(8) for _ in range(cursor.number(4))]
    elif frame.kind == DROPPED:
        said = (cursor.number(8), cursor.number(8), cursor.take(32))
    else:
        raise ValueError("no such kind")
    cursor.end()
    return said


class Segment:
    """The bytes of a segment, with a place to which they were read."""

    def __init__(self, data):
        self.data = data
        self.header = Header(data)
        self.at, self.position = self.header.bytes, self.header.frames

    def step(self):
        """The next whole frame with its place, or None."""
        try:
            frame = Frame(self.data, self.at)
        except ValueError:
            return None
        at, self.at, self.position = self.at, self.at + frame.bytes, frame.position
        return at, frame

    def tail(self):
        """Of what lies behind: its bytes up to the last that is not zero, the next whole frame, how many, what they call settled."""
        rest = self.data[self.at :].rstrip(b"\0")
        at, found, count, settled = 0, None, 0, 0
        while at + 12 < len(rest):
            try:
                frame = Frame(rest, at)
                if not 1 <= frame.kind <= 6 or frame.position <= self.position:
                    raise ValueError
            except ValueError:
                at += 1
                continue
            found = self.at + at if found is None else found
            count, settled, at = count + 1, max(settled, frame.settled), at + frame.bytes
        return len(rest), found, count, settled


def crash(data):
    """What a crash left at the end of the last segment: where, how many bytes, how many whole frames. None where it left nothing."""
    segment = Segment(data)
    parts, settled, count, last = [], 0, 0, segment.header.frames
    while (step := segment.step()) is not None:
        at, frame = step
        last, settled, count = frame.position, max(settled, frame.settled), count + 1
        if frame.private_state() in ("broken", "erased"):
            parts.append((at, frame.position, count))
    length, _, frames, behind = segment.tail()
    settled = max(settled, behind)
    for at, position, place in parts:
        if position > settled:
            return at, segment.at + length - at, count - place + frames
    if length == 0 or behind > last:
        return None
    return segment.at, length, frames


class Audit:
    def __init__(self, checkpoints):
        self.checkpoints = sorted(checkpoints)
        self.findings, self.matched = [], []
        self.tree, self.chain = Tree(), bytes(32)
        self.header = None
        self.end = (1, 0)
        self.gap = False
        self.missing, self.open, self.gone, self.erased = [], set(), {}, {}
        self.beginning = None
        # How each segment ended, as the next one says, from the one before the first that is there.
        self.ends = set()
        self.decision, self.before_first = 0, 0

    def find(self, code, segment, offset, position):
        self.findings.append((segment, offset, code, position))

    def next(self):
        return self.tree.size + 1

    def segment(self, number, data, is_last):
        try:
            segment = Segment(data)
        except ValueError as flaw:
            if not (is_last and str(flaw) == "unwritten" and self.header):
                self.find("damaged", number, 0, self.next())
                self.gap = True
            return
        self.begin(segment.header, number)
        left = crash(data) if is_last else None
        stop = left[0] if left else len(data) + 1
        while True:
            while segment.at < stop and (step := segment.step()) is not None:
                self.frame(step[1], number, step[0])
            self.end = (number, segment.at)
            if left and segment.at >= stop:
                if left[2]:
                    self.find("torn", *self.end, self.next())
                return
            length, found, _, _ = segment.tail()
            if length:
                self.find("damaged", *self.end, self.next())
                self.gap = True
            if found is None:
                return
            segment.at = found

    def begin(self, header, number):
        size = header.frames
        if self.header is None:
            self.before_first = header.decisions
            if header.segment != number:
                self.find("foreign", number, 0, size + 1)
            elif number > 1 or size:
                self.beginning = (number, 0, size + 1)
            self.checkpoints = [one for one in self.checkpoints if one[0] >= size]
            self.header = header
            self.tree = Tree(size, header.peaks)
            self.compare(number, 0)
        elif self.gap:
            pass
        elif (header.journal, header.stream) != (self.header.journal, self.header.stream) or header.segment != number or size < self.tree.size:
            self.find("foreign", number, 0, self.next())
        elif size > self.tree.size:
            self.missing.append((self.next(), size))
            self.find("dropped", *self.end, self.next())
        elif header.before != self.chain or (
            not self.findings and (header.peaks != self.tree.peaks or header.decisions != self.decision)
        ):
            self.find("foreign", number, 0, self.next())
        self.ends.add((number - 1, size, header.before))
        self.gap = False
        self.tree, self.chain = Tree(size, header.peaks), header.start
        self.decision = header.decisions
        self.end = (number, header.bytes)

    def frame(self, frame, segment, at):
        place, expected = (segment, at, frame.position), self.next()
        if frame.position < expected:
            known = any(first <= frame.position <= last for first, last in self.missing)
            return self.find("reordered" if known else "repeated", *place)
        is_next = frame.position == expected
        if not is_next and not self.gap:
            self.missing.append((expected, frame.position - 1))
            self.find("dropped", segment, at, expected)
        elif is_next and not self.gap and chained(self.chain, frame.sealed) != frame.chain:
            self.find("edited", *place)
        elif frame.settled >= frame.position:
            self.find("malformed", *place)
        if not is_next:
            size = frame.position - 1
            self.tree = Tree(size, [bytes(32)] * bin(size).count("1"))
        self.accept(frame, place, is_next)
        self.gap = False

    def accept(self, frame, place, is_next):
        before, self.chain = self.chain, frame.chain
        try:
            said = read_entry(frame)
            if frame.kind == CLOSED and is_next and not self.findings:
                if said != (self.decision, before, self.tree.peaks):
                    raise ValueError("it ends another journal")
        except ValueError:
            self.find("malformed", *place)
        else:
            self.content(frame, said, place, is_next)
        self.tree.push(frame.chain)
        self.compare(*place[:2])

    def content(self, frame, said, place, is_next):
        if frame.kind == DECISION:
            sequence, ruling = said
            if sequence != self.decision + 1 and is_next and not self.findings:
                self.find("miscounted", *place)
            self.decision = sequence
            if ruling == 1:
                self.open.add(sequence)
            state = frame.private_state()
            if state == "none":
                self.find("malformed", *place)
            elif state != "whole":
                self.gone[sequence] = (place, state)
            elif not frame.keeps_commitment():
                self.find("altered", *place)
        elif frame.kind == OUTCOME:
            known = said in self.open or said <= self.before_first
            self.open.discard(said)
            if not known and not self.missing and not self.findings:
                self.find("miscounted", *place)
        elif frame.kind == ERASED:
            self.erased.update((sequence, place) for sequence in said)
        elif frame.kind == DROPPED and said in self.ends:
            # Of several that go, some may still be there; then their ends are known.
            self.beginning = None

    def compare(self, segment, at):
        while self.checkpoints and self.checkpoints[0][0] <= self.tree.size:
            size, root = self.checkpoints.pop(0)
            if size != self.tree.size or self.findings:
                continue
            if root == self.tree.root():
                self.matched.append(size)
            else:
                self.find("forked", segment, at, self.matched[-1] + 1 if self.matched else 1)

    def finish(self):
        whole = not self.findings
        for sequence, (place, state) in self.gone.items():
            if state == "broken":
                self.find("unerased" if sequence in self.erased else "altered", *place)
            elif whole and sequence not in self.erased:
                self.find("vanished", *place)
        for sequence, place in self.erased.items():
            if whole and sequence > self.before_first and sequence not in self.gone:
                self.find("unerased", *place)
        if whole and self.beginning:
            self.find("beginning", *self.beginning)
        for size, _ in self.checkpoints:
            if not self.findings:
                self.find("truncated", *self.end, self.next())
        self.findings.sort(key=lambda one: one[:2])


def verify(folder, checkpoints):
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(r"segment-[0-9]{10,}\.pgj", name))
    audit = Audit(checkpoints)
    for place, name in enumerate(names):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        audit.segment(int(name[8:-4]), data, place + 1 == len(names))
    audit.finish()
    return audit


def main(arguments):
    folders, notes, verifiers, proofs = [], [], [], []
    kinds = {"--checkpoint": notes, "--verifier": verifiers, "--proof": proofs}
    rest = iter(arguments)
    for argument in rest:
        kinds.get(argument, folders).append(next(rest) if argument in kinds else argument)
    if len(folders) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        known = [Verifier(text) for text in verifiers]
        checkpoints = [read_checkpoint(open(note, encoding="utf-8").read(), known) for note in notes]
        audit = verify(folders[0], checkpoints)
        for proof in proofs:
            position, _ = read_proof(open(proof, encoding="utf-8").read(), known)
            print(f"proved position={position}")
    except (Unreadable, OSError, ValueError, IndexError, struct.error) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    for segment, offset, code, position in audit.findings:
        print(f"{code} segment={segment} offset={offset} position={position}")
    print(f"size={audit.tree.size} root={audit.tree.root().hex()} matched={audit.matched}")
    return 1 if audit.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
