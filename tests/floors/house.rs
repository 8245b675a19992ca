//! The sources read as Rust: which module stands in which file, what it defines, and which file defines what a path
//! names, wherever it is named by way of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Item, ItemMod, Meta, UseTree, Visibility};

/// A path as a module names it, in segments.
pub type Segments = Vec<String>;

/// All modules of the crate, by their path.
pub struct House {
    modules: BTreeMap<Segments, Module>,
}

/// A module, in a file of its own or inside another.
pub struct Module {
    /// Where it is written.
    pub file: PathBuf,
    /// It is compiled for tests alone.
    pub test: bool,
    /// What it defines itself.
    items: BTreeSet<String>,
    children: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths of two segments and more outside of `use`.
    paths: Vec<Segments>,
    /// Every word outside of `use`.
    words: BTreeSet<String>,
    /// What it has `impl` blocks of.
    impls: Vec<Segments>,
}

/// One name of a `use`.
struct Use {
    name: String,
    path: Segments,
    /// `pub use` in any form: it hands a name on.
    public: bool,
}

/// What a path leads to.
enum Found {
    Module(Segments),
    /// The module that defines it, and its name there.
    Item(Segments, String),
}

/// One file names what another defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: PathBuf,
    pub to: PathBuf,
    /// What it names, as it stands there.
    pub named: String,
}

impl House {
    /// Reads all these files.
    pub fn read(files: &[PathBuf]) -> Self {
        let mut house = Self {
            modules: BTreeMap::new(),
        };
        let mut tests = Vec::new();
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            let parsed =
                syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            house.add(file, module(file), is_test(file), parsed.items, &mut tests);
        }
        for (path, module) in &mut house.modules {
            module.test |= tests.iter().any(|test| path.starts_with(test));
        }
        house
    }

    fn add(
        &mut self,
        file: &Path,
        path: Segments,
        test: bool,
        items: Vec<Item>,
        tests: &mut Vec<Segments>,
    ) {
        let mut module = Module {
            file: file.to_owned(),
            test,
            items: BTreeSet::new(),
            children: BTreeSet::new(),
            uses: Vec::new(),
            paths: Vec::new(),
            words: BTreeSet::new(),
            impls: Vec::new(),
        };
        for item in items {
            if let Item::Mod(inner) = item {
                let test = test || for_tests(&inner.attrs);
                let ItemMod { ident, content, .. } = inner;
                module.children.insert(ident.to_string());
                let path = [&path[..], &[ident.to_string()]].concat();
                match content {
                    Some((_, items)) => self.add(file, path, test, items, tests),
                    None => tests.extend(test.then_some(path)),
                }
            } else if !for_tests(attributes(&item)) {
                module.take(item);
            }
        }
        self.modules.insert(path, module);
    }

    /// Every name that a file takes from another, outside of tests: a path, a `use` of its own, or what it hands on and
    /// uses itself.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = BTreeSet::new();
        for (at, module) in self.modules.iter().filter(|(_, module)| !module.test) {
            for path in module.named() {
                if let Some(Found::Item(owner, _)) = self.find(at, path, DEEPEST) {
                    let to = &self.modules[&owner].file;
                    if *to != module.file {
                        edges.insert(Edge {
                            from: module.file.clone(),
                            to: to.clone(),
                            named: path.join("::"),
                        });
                    }
                }
            }
        }
        edges
    }

    /// Each type, by the path that defines it, and the files outside of tests with `impl` blocks of it.
    pub fn impls(&self) -> BTreeMap<String, BTreeSet<&Path>> {
        let mut types: BTreeMap<String, BTreeSet<&Path>> = BTreeMap::new();
        for (at, module) in self.modules.iter().filter(|(_, module)| !module.test) {
            for path in &module.impls {
                if let Some(Found::Item(owner, name)) = self.find(at, path, DEEPEST) {
                    let name = [owner.join("::"), name].join("::");
                    types.entry(name).or_default().insert(&module.file);
                }
            }
        }
        types
    }

    /// All modules, each with its path and every path inside the crate that it names, from the crate's root on.
    pub fn named(&self) -> impl Iterator<Item = (&Segments, &Module, Vec<Segments>)> {
        self.modules.iter().map(|(at, module)| {
            let used = module.uses.iter().map(|one| &one.path);
            let paths = used.chain(&module.paths);
            (
                at,
                module,
                paths.filter_map(|path| absolute(at, path)).collect(),
            )
        })
    }

    fn find(&self, at: &[String], path: &[String], depth: usize) -> Option<Found> {
        let mut here = at.to_vec();
        let mut rest = path;
        while let [first, more @ ..] = rest {
            match first.as_str() {
                "crate" | "iim" => here.clear(),
                "self" => {}
                "super" => drop(here.pop()),
                _ => break,
            }
            rest = more;
        }
        while let [name, more @ ..] = rest {
            match self.name_in(&here, name, more.is_empty(), depth)? {
                Found::Module(module) => here = module,
                item @ Found::Item(..) => return Some(item),
            }
            rest = more;
        }
        Some(Found::Module(here))
    }

    fn name_in(&self, at: &[String], name: &str, last: bool, depth: usize) -> Option<Found> {
        let module = self.modules.get(at)?;
        let child = module.children.contains(name);
        if module.items.contains(name) && (last || !child) {
            return Some(Found::Item(at.to_vec(), name.to_owned()));
        }
        if child {
            return Some(Found::Module([at, &[name.to_owned()]].concat()));
        }
        // What names itself, `use toml::toml`, is another crate's.
        let depth = depth.checked_sub(1)?;
        let used = module.uses.iter().filter(|one| one.name == name);
        let mut used = used.filter_map(|one| self.find(at, &one.path, depth));
        used.next().or_else(|| {
            let all = module.uses.iter().filter(|one| one.name == "*");
            let mut all = all.filter_map(|one| match self.find(at, &one.path, depth)? {
                Found::Module(other) => self.name_in(&other, name, last, depth),
                Found::Item(..) => None,
            });
            all.next()
        })
    }
}

impl Module {
    /// What it names for its own use.
    fn named(&self) -> impl Iterator<Item = &Segments> {
        let own = |one: &&Use| !one.public || self.words.contains(&one.name);
        let uses = self.uses.iter().filter(own).map(|one| &one.path);
        uses.chain(&self.paths)
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Use(one) => {
                let public = !matches!(one.vis, Visibility::Inherited);
                self.import(&one.tree, &[], public);
            }
            Item::Impl(one) => {
                if let syn::Type::Path(of) = &*one.self_ty {
                    let segments = of.path.segments.iter();
                    self.impls
                        .push(segments.map(|one| one.ident.to_string()).collect());
                }
                self.walk(one.to_token_stream());
            }
            item => {
                self.items.extend(name(&item));
                self.walk(item.to_token_stream());
            }
        }
    }

    fn import(&mut self, tree: &UseTree, before: &[String], public: bool) {
        let mut add = |name: String, last: String| {
            let path = match last.as_str() {
                "self" | "*" => before.to_vec(),
                _ => [before, &[last]].concat(),
            };
            self.uses.push(Use { name, path, public });
        };
        match tree {
            UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.import(&path.tree, &before, public);
            }
            UseTree::Name(name) if name.ident == "self" => {
                add(before.last().unwrap().clone(), "self".to_owned());
            }
            UseTree::Name(name) => add(name.ident.to_string(), name.ident.to_string()),
            UseTree::Rename(name) => add(name.rename.to_string(), name.ident.to_string()),
            UseTree::Glob(_) => add("*".to_owned(), "*".to_owned()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, public);
                }
            }
        }
    }

    /// All words and paths of a piece of code, those inside of macros too.
    fn walk(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(word) if *word == "use" => {
                    let rest = tokens[at..].iter();
                    let tree = rest.take_while(|token| token.to_string() != ";").cloned();
                    if let Ok(tree) = syn::parse2(tree.collect()) {
                        self.import(&tree, &[], false);
                    }
                }
                TokenTree::Ident(word) => {
                    let mut path = vec![word.to_string()];
                    while let Some(next) = continued(&tokens[at..]) {
                        path.push(next);
                        at += 3;
                    }
                    self.words.insert(path[0].clone());
                    if path.len() > 1 {
                        self.paths.push(path);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

/// The word after `::`.
fn continued(tokens: &[TokenTree]) -> Option<String> {
    let [
        TokenTree::Punct(one),
        TokenTree::Punct(two),
        TokenTree::Ident(word),
        ..,
    ] = tokens
    else {
        return None;
    };
    (one.as_char() == ':' && two.as_char() == ':').then(|| word.to_string())
}

/// A path from the crate's root on, if it begins with `crate`, `self` or `super`.
fn absolute(at: &[String], path: &[String]) -> Option<Segments> {
    let mut here = at.to_vec();
    let ups = path.iter().take_while(|name| *name == "super").count();
    let from = match path.first()?.as_str() {
        "crate" => {
            here.clear();
            1
        }
        "self" => 1,
        "super" => {
            here.truncate(here.len().saturating_sub(ups));
            ups
        }
        _ => return None,
    };
    here.extend_from_slice(&path[from..]);
    Some(here)
}

/// `src/edge/store/mod.rs` is `edge::store`, `src/edge/config/file.rs` is `edge::config::file`.
pub fn module(file: &Path) -> Segments {
    let inside = file.strip_prefix("src").unwrap().with_extension("");
    let names = inside.iter().map(|name| name.to_str().unwrap().to_owned());
    let mut module: Segments = names.collect();
    if ["mod", "lib"].contains(&module.last().unwrap().as_str()) {
        module.pop();
    }
    module
}

/// Whether a file is there for tests alone, by its name.
pub fn is_test(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap();
    name.ends_with("tests.rs") || file.iter().any(|folder| folder == "tests")
}

fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::Path(_) | Meta::NameValue(_) => false,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(one) => &one.attrs,
        Item::Enum(one) => &one.attrs,
        Item::Fn(one) => &one.attrs,
        Item::Impl(one) => &one.attrs,
        Item::Macro(one) => &one.attrs,
        Item::Static(one) => &one.attrs,
        Item::Struct(one) => &one.attrs,
        Item::Trait(one) => &one.attrs,
        Item::Type(one) => &one.attrs,
        Item::Use(one) => &one.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(one) => &one.ident,
        Item::Enum(one) => &one.ident,
        Item::Fn(one) => &one.sig.ident,
        Item::Macro(one) => one.ident.as_ref()?,
        Item::Static(one) => &one.ident,
        Item::Struct(one) => &one.ident,
        Item::Trait(one) => &one.ident,
        Item::Type(one) => &one.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Through so many `use`s a name is followed.
const DEEPEST: usize = 16;
