//! Where everything is on a sheet: the one object that print draws and read measures.
//!
//! A layout's JSON is a file of `layouts/` and an entry of `geometry.json`. It is named by a hash of its own content, so
//! it never changes under its name. All lengths are millimetres, rounded to a thousandth.

use super::field::FieldKind;
use super::frame::{Area, Calibration, Fiducial, PageFormat, TextSize};
use super::identity::LayoutId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    pub id: LayoutId,
    #[serde(flatten)]
    pub content: LayoutContent,
}

/// All of a layout but its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayoutContent {
    pub edition: String,
    pub format: PageFormat,
    pub text: TextSize,
    pub page: PageSize,
    pub pages: Vec<LayoutPage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageSize {
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayoutPage {
    /// From 1.
    pub number: u16,
    pub fiducials: Vec<Fiducial>,
    pub code: Area,
    /// None on a Lize sheet, as is the calibration.
    pub backup: Option<Area>,
    pub calibration: Option<Calibration>,
    /// Small solid squares among the fields: registration is refined on them, where paper curls or feeds unevenly.
    pub anchors: Vec<Anchor>,
    pub fields: Vec<Field>,
}

/// A solid square: its centre and side, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    pub x: f64,
    pub y: f64,
    pub size: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub id: String,
    #[serde(flatten)]
    pub kind: FieldKind,
    pub caption: String,
    #[serde(rename = "box")]
    pub area: Area,
    pub bubbles: Vec<Bubble>,
}

/// x and y are the centre, rx and ry the half-axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bubble {
    pub label: String,
    pub x: f64,
    pub y: f64,
    pub rx: f64,
    pub ry: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl Bubble {
    /// Labels of up to three characters are printed in the bubble, longer ones to its right.
    pub fn label_inside(&self) -> bool {
        self.label.chars().count() <= 3
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("not a layout: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the layout calls itself {said}, but its content is that of {is}: it was changed")]
    Altered { said: LayoutId, is: LayoutId },
}

impl Layout {
    pub fn new(content: LayoutContent) -> Self {
        Layout { id: content.hash(), content }
    }

    /// Reads a layout and checks that it is what its name says.
    pub fn from_json(value: serde_json::Value) -> Result<Self, LayoutError> {
        let layout: Layout = serde_json::from_value(value)?;
        let is = layout.content.hash();
        if layout.id != is {
            return Err(LayoutError::Altered { said: layout.id, is });
        }
        Ok(layout)
    }

    pub fn page(&self, number: u16) -> Option<&LayoutPage> {
        self.content.pages.iter().find(|p| p.number == number)
    }
}

impl LayoutContent {
    fn hash(&self) -> LayoutId {
        let bytes = serde_json::to_vec(self).expect("a layout has only finite numbers and text keys");
        LayoutId::of_content(&bytes)
    }
}

/// To a thousandth of a millimetre: what is hashed, snapshotted and printed.
pub fn rounded(mm: f64) -> f64 {
    (mm * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::place::{Order, place};

    #[test]
    fn a_changed_layout_is_refused() {
        let specs = crate::sheet::place::tests::choices(20, "ABCDE");
        let layout = place(&Order::new(PageFormat::A4), &specs).unwrap();
        let mut value = serde_json::to_value(&layout).unwrap();
        assert_eq!(Layout::from_json(value.clone()).unwrap(), layout);
        value["pages"][0]["fields"][0]["bubbles"][0]["x"] = 1.0.into();
        assert!(matches!(Layout::from_json(value), Err(LayoutError::Altered { .. })));
    }
}
