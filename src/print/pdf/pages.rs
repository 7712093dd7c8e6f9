//! The page tree (7.7.3), written while the pages come: a node is written once it is full, and its parent's number is
//! taken before the parent exists.

use super::conformance::Conformance;
use super::number;
use super::writer::{Effort, Writer};
use pdf_writer::Ref;
use std::io::{self, Write};

/// Children of a node.
const FAN_OUT: usize = 64;

#[derive(Default)]
pub struct Tree {
    /// From the leaves up: the node being filled on each level.
    levels: Vec<Node>,
    /// Numbers kept for the next pages, the last first. Pages that are numbered in a row make cross-references that
    /// compress to little: 9 bytes a page less than page and content by turns.
    kept: Vec<Ref>,
    pages: usize,
}

struct Node {
    id: Ref,
    kids: Vec<Ref>,
    pages: usize,
}

impl Tree {
    pub fn pages(&self) -> usize {
        self.pages
    }
}

impl<W: Write> Writer<W> {
    /// A page of one content stream. Sizes are in points; `resources` is shared by all pages of one kind.
    pub fn page(
        &mut self,
        width_pt: f64,
        height_pt: f64,
        resources: Ref,
        content: &[u8],
        effort: Effort,
    ) -> io::Result<()> {
        if self.tree.kept.is_empty() {
            self.tree.kept = (0..FAN_OUT).map(|_| self.alloc()).collect();
            self.tree.kept.reverse();
        }
        let page = self.tree.kept.pop().expect("there are some now");
        let contents = self.alloc();
        self.compressed(contents, b"", content, effort)?;
        let mut entries = Vec::with_capacity(128);
        // The paper is cut nowhere: PDF/X must say so.
        let boxes: &[&[u8]] =
            if self.conformance == Conformance::X4 { &[b"/MediaBox", b"/TrimBox"] } else { &[b"/MediaBox"] };
        for name in boxes {
            entries.extend_from_slice(name);
            entries.extend_from_slice(b"[0 0 ");
            number::real(&mut entries, width_pt, 3);
            entries.push(b' ');
            number::real(&mut entries, height_pt, 3);
            entries.push(b']');
        }
        for (key, id) in [("/Resources ", resources), ("/Contents ", contents)] {
            entries.extend_from_slice(key.as_bytes());
            number::int(&mut entries, i64::from(id.get()));
            entries.extend_from_slice(b" 0 R");
        }
        self.own_page(page, &entries)
    }

    /// A page under a number that was taken for it. `entries` are its dictionary's but for type and parent.
    pub fn own_page(&mut self, page: Ref, entries: &[u8]) -> io::Result<()> {
        let parent = self.node(0);
        let mut body = Vec::with_capacity(entries.len() + 40);
        body.extend_from_slice(b"<</Type/Page");
        body.extend_from_slice(entries);
        body.extend_from_slice(b"/Parent ");
        number::int(&mut body, i64::from(parent.get()));
        body.extend_from_slice(b" 0 R>>");
        self.small(page, &body)?;
        self.tree.pages += 1;
        self.adopt(0, page, 1)
    }

    /// The node being filled on a level.
    fn node(&mut self, level: usize) -> Ref {
        if self.tree.levels.len() == level {
            let id = self.alloc();
            self.tree.levels.push(Node { id, kids: Vec::with_capacity(FAN_OUT), pages: 0 });
        }
        self.tree.levels[level].id
    }

    fn adopt(&mut self, level: usize, kid: Ref, pages: usize) -> io::Result<()> {
        self.node(level);
        let node = &mut self.tree.levels[level];
        node.kids.push(kid);
        node.pages += pages;
        if node.kids.len() == FAN_OUT { self.close_node(level) } else { Ok(()) }
    }

    fn close_node(&mut self, level: usize) -> io::Result<()> {
        let parent = self.node(level + 1);
        let next = self.alloc();
        let node = std::mem::replace(
            &mut self.tree.levels[level],
            Node { id: next, kids: Vec::with_capacity(FAN_OUT), pages: 0 },
        );
        self.write_node(&node, Some(parent))?;
        self.adopt(level + 1, node.id, node.pages)
    }

    fn write_node(&mut self, node: &Node, parent: Option<Ref>) -> io::Result<()> {
        let mut body = format!("<</Type/Pages/Count {}", node.pages).into_bytes();
        if let Some(parent) = parent {
            body.extend_from_slice(format!("/Parent {} 0 R", parent.get()).as_bytes());
        }
        body.extend_from_slice(b"/Kids[");
        for kid in &node.kids {
            number::int(&mut body, i64::from(kid.get()));
            body.extend_from_slice(b" 0 R ");
        }
        body.extend_from_slice(b"]>>");
        self.small(node.id, &body)
    }

    /// Writes the nodes that are not full, up to the root, and says which that is.
    pub(super) fn close_tree(&mut self) -> io::Result<Ref> {
        let mut level = 0;
        while level + 1 < self.tree.levels.len() {
            if !self.tree.levels[level].kids.is_empty() {
                self.close_node(level)?;
            }
            level += 1;
        }
        let root = self.node(level);
        let node = std::mem::replace(&mut self.tree.levels[level], Node { id: root, kids: Vec::new(), pages: 0 });
        self.write_node(&node, None)?;
        Ok(root)
    }
}
