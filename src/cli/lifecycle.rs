//! `gabarito lifecycle`: what is deleted by itself, and when.

use super::serve::{ConfigArgs, failed, runtime};
use super::{CliError, sheet_secret};
use crate::service::App;
use crate::service::config::Secret;
use crate::service::retention::{self, Kind};
use crate::service::store::objects::{ObjectsKind, Rules};
use clap::Args;
use std::io::{self, Write};
use std::process::ExitCode;

/// Show, set and carry out what is deleted after its time
#[derive(Debug, Args)]
pub struct LifecycleArgs {
    /// Set the bucket's own rules, in place of those that it has
    #[arg(long)]
    pub apply: bool,
    /// Delete now what was kept for long enough; `serve` does it once an hour
    #[arg(long)]
    pub sweep: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

pub fn run(args: &LifecycleArgs) -> Result<ExitCode, CliError> {
    let config = args.config.load(None)?;
    let key = Secret::new(sheet_secret()?);
    runtime()?.block_on(async {
        let app = App::open(config, &key).await.map_err(failed)?;
        if args.apply {
            app.objects.set_rules(&Rules::of(app.config.objects.upload)).await.map_err(failed)?;
        }
        let mut text = show(&app).await?;
        let mut status = ExitCode::SUCCESS;
        if args.sweep {
            let swept = retention::sweep(&app).await.map_err(failed)?;
            let (rows, inputs) = (swept.rows, swept.inputs);
            text += &format!("deleted: {rows} rows of what is over, the input of {inputs} packages never printed\n");
            text += &format!(
                "deleted: {} uploads; scans of {} batches, page images of {}, crops of {}; {} batches, {} packages\n",
                swept.uploads, swept.scans, swept.images, swept.crops, swept.results, swept.packages
            );
            if swept.failed > 0 {
                text += &format!(
                    "{} could not be deleted; the log says why, and the next sweep tries again\n",
                    swept.failed
                );
                status = ExitCode::FAILURE;
            }
        }
        app.db.close().await;
        io::stdout().write_all(text.as_bytes()).map_err(CliError::Output)?;
        Ok(status)
    })
}

async fn show(app: &App) -> Result<String, CliError> {
    let mut text = match (app.config.objects.kind, app.objects.rules().await.map_err(failed)?) {
        (ObjectsKind::Local, _) => "a folder has no rules of its own; the sweeper deletes everything\n".to_owned(),
        (_, None) => "the bucket has no rules; --apply sets them\n".to_owned(),
        (_, Some(rules)) => format!("the bucket's rules:\n{rules}\n"),
    };
    for kind in Kind::ALL {
        let days = app.config.retention.default_of(kind).as_secs() / 86_400;
        text += &match days {
            0 => format!("{}: kept until somebody deletes them\n", kind.name()),
            days => format!("{}: {days} days, where a tenant has none of its own\n", kind.name()),
        };
    }
    Ok(text)
}
