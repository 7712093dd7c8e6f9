//! Lists, and the items that stand without one.

use super::css::Css;
use super::flow::{Flow, State};
use super::{Reader, inside};
use crate::print::rich::context::excerpt;
use crate::print::rich::model::{Block, Marker};
use ego_tree::NodeRef;
use scraper::{ElementRef, Node};

/// Beyond, a number in letters or Roman would be longer than a line.
const LARGEST_NUMBER: u32 = 3_999;

impl Reader<'_, '_> {
    pub(super) fn list(&mut self, list: ElementRef, state: &State, flow: &mut Flow) {
        flow.end_line(state);
        let state = State { heading: None, ..state.clone() };
        let mut marker = self.marker(list);
        let bare = style(list).eq_ignore_ascii_case("none");
        let mut items: Vec<Vec<Block>> = Vec::new();
        for node in list.children() {
            let Some(item) = ElementRef::wrap(node) else {
                self.loose(node, &state, &mut items);
                continue;
            };
            match item.value().name() {
                "li" => {
                    let css = Css::of(&item);
                    if self.is_hidden(item, &css) {
                        continue;
                    }
                    // A number of its own begins a list of its own.
                    if let Some(number) = self.number(item, "value")
                        && let Marker::Number { start, style } = marker
                        && start as usize + items.len() != number as usize
                    {
                        finish(std::mem::take(&mut items), &marker, bare, &state, flow);
                        marker = Marker::Number { start: number, style };
                    }
                    items.push(self.blocks(item, &inside(item, &css, &state)));
                }
                // Editors put a nested list beside the item that it belongs to.
                "ul" | "ol" => {
                    let mut nested = Flow::default();
                    self.element(item, &state, &mut nested);
                    let blocks = nested.finish(&state);
                    match items.last_mut() {
                        Some(last) => last.extend(blocks),
                        None => items.push(blocks),
                    }
                }
                _ => self.loose(node, &state, &mut items),
            }
        }
        finish(items, &marker, bare, &state, flow);
    }

    /// What stands in a list outside its items is an item too, if it says something.
    fn loose(&mut self, node: NodeRef<Node>, state: &State, items: &mut Vec<Vec<Block>>) {
        let mut flow = Flow::default();
        match (node.value(), ElementRef::wrap(node)) {
            (Node::Text(text), _) => self.text(text, state, &mut flow),
            (_, Some(element)) => self.element(element, state, &mut flow),
            _ => {}
        }
        let blocks = flow.finish(state);
        if !blocks.is_empty() {
            items.push(blocks);
        }
    }

    /// An item without a list around it continues the bullets before it.
    pub(super) fn stray_item(&mut self, item: ElementRef, state: &State, flow: &mut Flow) {
        flow.end_line(state);
        let blocks = self.blocks(item, state);
        match flow.last_block() {
            Some(Block::List { marker: Marker::Bullet, items }) => items.push(blocks),
            _ => flow.block(Block::List { marker: Marker::Bullet, items: vec![blocks] }, state),
        }
    }

    fn marker(&mut self, list: ElementRef) -> Marker {
        let ordered = list.value().name() == "ol";
        let style = match style(list) {
            "a" | "lower-alpha" | "lower-latin" => 'a',
            "A" | "upper-alpha" | "upper-latin" => 'A',
            "i" | "lower-roman" => 'i',
            "I" | "upper-roman" => 'I',
            "1" | "decimal" => '1',
            _ if ordered => '1',
            _ => return Marker::Bullet,
        };
        Marker::Number { start: self.number(list, "start").unwrap_or(1), style }
    }

    fn number(&mut self, element: ElementRef, attribute: &str) -> Option<u32> {
        let said = element.attr(attribute)?;
        let number = said.trim().parse().ok().filter(|n| *n <= LARGEST_NUMBER);
        if number.is_none() {
            let said = excerpt(said);
            self.context.warn(format!("{attribute}=“{said}”: a number from 0 to {LARGEST_NUMBER} is expected"));
        }
        number
    }
}

/// The first word of what a list says of its marks.
fn style<'a>(list: ElementRef<'a>) -> &'a str {
    let css = Css::of(&list);
    let said = css.get("list-style-type").or_else(|| css.get("list-style")).or_else(|| list.attr("type"));
    said.and_then(|s| s.split_whitespace().next()).unwrap_or_default()
}

fn finish(items: Vec<Vec<Block>>, marker: &Marker, bare: bool, state: &State, flow: &mut Flow) {
    if bare {
        items.into_iter().flatten().for_each(|block| flow.block(block, state));
    } else if !items.is_empty() {
        flow.block(Block::List { marker: marker.clone(), items }, state);
    }
}
