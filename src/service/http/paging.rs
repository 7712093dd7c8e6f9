//! Lists, a page at a time. A cursor says after which item the next page begins, so that what is added meanwhile shifts
//! nothing.

use super::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const DEFAULT: u32 = 100;
pub const MOST: u32 = 1000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items on a page, 1 to 1000; 100 unless said.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

impl Paging {
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit.unwrap_or(DEFAULT) {
            n @ 1..=MOST => Ok(i64::from(n)),
            n => Err(Problem::field("limit", format!("{n} is not valid; a whole number from 1 to {MOST} is expected"))),
        }
    }

    /// What the cursor was made of.
    pub fn after(&self) -> Result<Option<String>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let text = bytes.and_then(|b| String::from_utf8(b).ok()).filter(|t| !t.contains('\0'));
        text.map(Some).ok_or_else(not_a_cursor)
    }

    /// The number that the cursor was made of; 0: from the beginning.
    pub fn after_number(&self) -> Result<i64, Problem> {
        self.after()?.map_or(Ok(0), |after| after.parse().map_err(|_| not_a_cursor()))
    }
}

fn not_a_cursor() -> Problem {
    Problem::field("cursor", "not a cursor of this list; next_cursor of the page before is expected")
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Of `limit + 1` items asked for: the one too many says that there is a next page.
    pub fn of(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() as i64 > limit;
        items.truncate(limit as usize);
        let next_cursor = items.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
        Page { items, next_cursor }
    }
}
