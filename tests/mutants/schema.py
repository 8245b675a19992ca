"""Many mutants in one build: their list, and the crate in which the environment says which one is on."""

import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

# A file of the built crate: which mutant is on; and, if asked, which functions a test comes by.
CHOSEN = """
use std::{collections::BTreeSet, env, fs, io::Write, sync::{LazyLock, Mutex}};
static CHOSEN: LazyLock<u32> =
    LazyLock::new(|| env::var("IIM_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(u32::MAX));
static REACHED: LazyLock<Option<Mutex<(BTreeSet<u32>, fs::File)>>> = LazyLock::new(|| {
    let file = fs::File::options().append(true).open(env::var_os("IIM_MUTANTS_REACHED")?).unwrap();
    Some(Mutex::new((BTreeSet::new(), file)))
});
#[inline(never)]
pub fn chosen(function: u32) -> u32 {
    if let Some(reached) = &*REACHED {
        let mut reached = reached.lock().unwrap();
        if reached.0.insert(function) {
            writeln!(reached.1, "{function}").unwrap();
        }
    }
    *CHOSEN
}
"""

# The test programs become modules of the library's: one program to build.
MODULES = """
extern crate self as iim;
#[doc(hidden)]
pub mod chosen;
#[cfg(test)]
#[path = "../tests/vectors.rs"]
mod vectors;
#[cfg(test)]
#[path = "../tests/who_may_what/main.rs"]
mod who_may_what;
#[cfg(test)]
#[path = "../tests/story/main.rs"]
mod story;
"""

# What may hide the brace that begins a body: comments, strings, characters; and what nests.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[(\[{\])]', re.DOTALL)


class Mutant:
    """One entry of cargo-mutants' list."""

    def __init__(self, number, entry, at):
        self.number = number
        self.name, self.file, self.replacement = entry["name"], entry["file"], entry["replacement"]
        self.text = (at / self.file).read_text()
        self.span = offsets(self.text, entry["span"])
        self.line = entry["span"]["start"]["line"]
        # The function as (file, start, end); none for a constant.
        self.function = entry["function"] and (self.file, *offsets(self.text, entry["function"]["span"]))
        # What it is called wherever it stands, and what it is a change of.
        start, end = self.function[1:] if self.function else self.span
        source = hashlib.sha256(self.text[start:end].encode()).hexdigest()[:8]
        self.words = re.sub(r":[0-9:]+: ", ": ", self.name) + "\t" + source

    def changed(self, start, end):
        """That part of the file with this change."""
        return f"{self.text[start:self.span[0]]}{self.replacement} {self.text[self.span[1]:end]}"

    def entry(self):
        """How the notes name it: what it is, and the line of source that it breaks."""
        source = self.text.splitlines()[self.line - 1].strip()
        return f"- `{self.file}: {self.name.split(': ', 1)[1]}`\n  `{source}`\n"


def offsets(text, span):
    """cargo-mutants' lines and columns (from 1, in characters) as offsets."""
    lines = text.splitlines(keepends=True)
    return tuple(sum(map(len, lines[: at["line"] - 1])) + at["column"] - 1 for at in (span["start"], span["end"]))


def listed(at, globs):
    command = ["cargo", "mutants", "--list", "--json", "--dir", at]
    for glob in globs:
        command += ["--file", glob]
    entries = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return [Mutant(number, entry, at) for number, entry in enumerate(entries)]


def body_of(text, start, end):
    """Where the body of a function begins and ends, its braces left out."""
    depth = 0
    for token in TOKEN.finditer(text, start, end):
        if token[0] == "{" and depth == 0:
            return token.end(), end - 1
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token[0], 0)
    raise ValueError(f"no body: {text[start:end]}")


def copy(at):
    """A crate with the sources as they are, as far as its tests need them; lints would only be in a mutant's way."""
    shutil.rmtree(at, ignore_errors=True)
    for folder in ("src", "tests"):
        # Not with their times: cargo would take a file of an earlier run for this one.
        shutil.copytree(TOP / folder, at / folder, copy_function=shutil.copy,
                        ignore=shutil.ignore_patterns("target", "corpus"))
    shutil.copy(TOP / "Cargo.lock", at)
    shutil.copy(TOP / "README.md", at)
    manifest = re.sub(r"(?ms)^\[(\[bench\]\]|lints\.).*?(?=^\[)", "", (TOP / "Cargo.toml").read_text())
    (at / "Cargo.toml").write_text(f"{manifest}\n[workspace]\n\n[lints.rust]\narithmetic_overflow = \"allow\"\n"
                                   'unconditional_panic = "allow"\n')
    for gone in ("main.rs", "commands", "daemon", "daemon.rs", "gateway", "gateway.rs"):
        path = at / "src" / gone
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for floor in ("commands", "daemon", "gateway"):
        edit(at / "src/lib.rs", rf"^pub mod {floor};\n")
    # Those stories need the program.
    edit(at / "tests/story/main.rs", r"^mod promised;\n")
    for story in (at / "tests/story").rglob("*.rs"):
        story.write_text(story.read_text().replace("crate::", "crate::story::"))
    edit(at / "Cargo.toml", r"^edition = .*\n", "edition = \"2024\"\nautotests = false\n")
    root = at / "src/lib.rs"
    root.write_text(root.read_text() + MODULES)
    (at / "src/chosen.rs").write_text(CHOSEN)


def restore(at, mutants):
    """Makes the files of these mutants what they were."""
    for file, text in {m.file: m.text for m in mutants}.items():
        (at / file).write_text(text)


def edit(path, pattern, by=""):
    """Replaces what fits in a file."""
    text, times = re.subn(pattern, by, path.read_text(), flags=re.MULTILINE)
    assert times, f"{path} has no {pattern}"
    path.write_text(text)


def write(at, file, pieces):
    """Writes a file of pieces, each somebody's. Returns whose each line is."""
    (at / file).write_text("".join(piece for piece, _ in pieces))
    owners, line = {}, 1
    for piece, owner in pieces:
        until = line + piece.count("\n")
        owners |= {n: owner or owners.get(n) for n in range(line, until + 1)}
        line = until
    return owners


def together(at, mutants):
    """Writes the files with all these mutants to choose from. Returns whose each line is, a mutant's or a function's."""
    functions, files = collections.defaultdict(list), {}
    for mutant in mutants:
        functions[mutant.function].append(mutant)
        files[mutant.file] = mutant.text
    owners = {}
    for file, text in files.items():
        ends = []
        for function in functions:
            if function[0] == file:
                start, end = body_of(text, *function[1:])
                ends += [(start, True, function), (end, False, function)]
        pieces, done, inside = [], 0, [None]
        for offset, begins, function in sorted(ends):
            pieces.append((text[done:offset], inside[-1]))
            done = offset
            if begins:
                pieces += arms(function, functions[function])
                inside.append(function)
            else:
                inside.pop()
        owners[file] = write(at, file, [*pieces, (text[done:], None)])
    return owners


def arms(function, mutants):
    """What stands before the first statement of a function."""
    yield f"\nmatch crate::chosen::chosen({mutants[0].number}) {{\n", function
    start, end = body_of(mutants[0].text, *function[1:])
    for mutant in mutants:
        yield f"{mutant.number} => return {{\n{mutant.changed(start, end)}\n}},\n", mutant
    yield "_ => {}\n}\n", function


def plainly(at, mutants):
    """Writes the files changed by these mutants, of which no two are in one function. Returns whose each line is."""
    owners = {}
    for file, text in {m.file: m.text for m in mutants}.items():
        pieces, done = [], 0
        for mutant in sorted((m for m in mutants if m.file == file), key=lambda m: m.span):
            start, end = mutant.function[1:] if mutant.function else mutant.span
            pieces += [(text[done:start], None), (mutant.changed(start, end), mutant)]
            done = end
        owners[file] = write(at, file, [*pieces, (text[done:], None)])
    return owners


def cargo(at, *arguments):
    """One run of cargo: the test program, if it built one, and the errors."""
    run = subprocess.run(["cargo", *arguments, "--lib", "--message-format=json"], cwd=at, text=True,
                         capture_output=True, env=dict(os.environ, CARGO_TARGET_DIR=str(TOP / "target"),
                                                       CARGO_PROFILE_TEST_DEBUG="0"))
    messages = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    errors = [m["message"] for m in messages if m["reason"] == "compiler-message" and m["message"]["level"] == "error"]
    if run.returncode != 0 and not errors:
        sys.exit(f"tests/mutants: cargo failed:\n{run.stderr}")
    program = next((m["executable"] for m in messages if m.get("executable")), None)
    return program, [error for error in errors if error["spans"]]


def blamed(errors, owners):
    """Whose lines the errors name; of a macro, the place where it is used."""
    return {owner for error in errors if (owner := blame(error, owners))}


def blame(error, owners):
    for span in sorted(error["spans"], key=lambda span: not span["is_primary"]):
        while span:
            if owner := owners.get(span["file_name"], {}).get(span["line_start"]):
                return owner
            span = span["expansion"] and span["expansion"]["span"]
    return None


def nobody(errors):
    sys.exit("tests/mutants: not the fault of a mutant:\n" + "\n".join(error["rendered"] for error in errors))


def fitting(at, mutants):
    """Leaves the mutants in the crate that can be built together, and returns them."""
    left = [m for m in mutants if m.function]
    while True:
        owners = together(at, left)
        _, errors = cargo(at, "check")
        if not errors:
            return left
        out = blamed(errors, owners)
        kept = [m for m in left if m not in out and m.function not in out]
        if len(kept) == len(left):
            nobody(errors)
        print(f"{len(left) - len(kept)} mutants cannot be built with the others", flush=True)
        restore(at, left)
        left = kept


def unviable(at, mutants):
    """Which of these do not compile in the plain sources either: tried many at once, one in each function or line."""
    left, bad = list(mutants), set()
    while left:
        batch = list({m.function or (m.file, m.line): m for m in left}.values())
        while True:
            owners = plainly(at, batch)
            _, errors = cargo(at, "check")
            out = blamed(errors, owners)
            if errors and not out:
                nobody(errors)
            restore(at, batch)
            bad |= out
            left = [m for m in left if m not in out]
            batch = [m for m in batch if m not in out]
            if not errors:
                break
        left = [m for m in left if m not in batch]
    return bad
