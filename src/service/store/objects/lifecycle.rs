//! What a bucket does by itself. Its rules know nothing of a legal hold, so they delete only what can't be under one:
//! files that never arrived whole, and earlier versions of what was deleted, which would outlive its erasure. All else is
//! deleted by the sweeper (`service::retention`).

use super::key::UPLOADS;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// After so many days a file on its way in is deleted.
    pub uploads: u32,
    /// After so many days an upload in pieces, of the storage's own kind, is given up.
    pub incomplete: u32,
    /// So many days after it was deleted or replaced, an earlier version is deleted, where the bucket keeps them.
    pub earlier: u32,
}

impl Rules {
    /// The bucket deletes what the sweeper should have deleted days before.
    pub fn of(upload: Duration) -> Self {
        let days = u32::try_from(upload.as_secs().div_ceil(86_400)).unwrap_or(u32::MAX);
        Rules { uploads: days.saturating_add(7), incomplete: 1, earlier: 1 }
    }

    /// The `lifecycle` of a bucket of Cloud Storage (JSON API, Buckets resource).
    pub fn to_json(&self, prefix: &str) -> Value {
        json!({"rule": [
            {"action": {"type": "Delete"},
             "condition": {"age": self.uploads, "matchesPrefix": [format!("{prefix}{UPLOADS}")]}},
            {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": self.incomplete}},
            {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": self.earlier, "isLive": false}},
        ]})
    }

    /// S3's `LifecycleConfiguration`.
    pub fn to_xml(&self, prefix: &str) -> String {
        let rule = |id: &str, prefix: &str, action: String| {
            let escaped = prefix.replace('&', "&amp;").replace('<', "&lt;");
            format!(
                "<Rule><ID>gabarito-{id}</ID><Filter><Prefix>{escaped}</Prefix></Filter><Status>Enabled</Status>{action}</Rule>"
            )
        };
        let uploads = format!("<Expiration><Days>{}</Days></Expiration>", self.uploads);
        let incomplete = format!(
            "<AbortIncompleteMultipartUpload><DaysAfterInitiation>{}</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
            self.incomplete
        );
        let earlier = format!(
            "<NoncurrentVersionExpiration><NoncurrentDays>{}</NoncurrentDays></NoncurrentVersionExpiration>",
            self.earlier
        );
        format!(
            "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{}{}</LifecycleConfiguration>",
            rule("uploads", &format!("{prefix}{UPLOADS}"), uploads),
            rule("incomplete", prefix, incomplete),
            rule("earlier", prefix, earlier),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_deletes_by_age_only_what_never_arrived() {
        let rules = Rules::of(Duration::from_secs(86_401));
        assert_eq!(rules.uploads, 9);
        let by_age: Vec<_> = rules.to_json("a/")["rule"].as_array().unwrap().clone();
        let by_age = by_age.iter().filter(|r| r["action"]["type"] == "Delete" && r["condition"].get("age").is_some());
        assert_eq!(
            by_age.map(|r| r["condition"]["matchesPrefix"].clone()).collect::<Vec<_>>(),
            [json!(["a/uploads/"])]
        );
        let xml = rules.to_xml("a&b/");
        assert_eq!(xml.matches("<Expiration>").count(), 1);
        assert!(
            xml.contains("<Prefix>a&amp;b/uploads/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>9<"),
            "{xml}"
        );
    }
}
