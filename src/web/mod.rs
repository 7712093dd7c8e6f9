//! The pages for school staff: HTML made here ([`templates`](https://askama.rs)), small scripts beside it, and nothing that
//! a browser would have to fetch elsewhere. Pages ask the same handlers as the API's clients do; they work without scripts
//! wherever they can, and nothing in them is inline, so that the content policy forbids whatever is not ours.

mod applications;
mod assets;
mod batch;
mod batches;
mod config;
mod enter;
mod faults;
mod form;
mod key;
mod names;
mod packages;
mod page;
mod reconciliation;
mod results;
mod review;
mod says;
mod shell;
mod statistics;
mod upload;
mod words;

pub use config::WebConfig;
pub use shell::in_words;

use crate::service::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// Every page, by its path.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/", get(applications::start))
        .route("/entrar", get(enter::form).post(enter::enter))
        .route("/sair", post(enter::leave))
        .route("/idioma/{lang}", get(enter::language))
        .route("/aplicacoes", get(applications::list))
        .route("/aplicacoes/{id}", get(reconciliation::page).post(reconciliation::with_names))
        .route("/aplicacoes/{id}/resultados", get(results::page).post(results::with_names))
        .route("/aplicacoes/{id}/resultados/{owner}", get(results::student))
        .route("/aplicacoes/{id}/gabarito", get(key::page).post(key::put))
        .route("/aplicacoes/{id}/estatisticas", get(statistics::page))
        .route("/lotes", get(batches::list))
        // Scans are as large as they are; how much is taken is the API's to say.
        .route("/lotes/novo", get(upload::form).post(upload::send).layer(DefaultBodyLimit::disable()))
        .route("/lotes/{id}", get(batch::page))
        .route("/lotes/{id}/andamento", get(batch::progress))
        .route("/lotes/{id}/cancelar", post(batch::cancel))
        .route("/lotes/{id}/paginas/{n}", get(page::page))
        .route("/lotes/{id}/paginas/{n}/miniatura", get(page::thumbnail))
        .route("/lotes/{id}/paginas/{n}/decidir", post(review::decide))
        .route("/lotes/{id}/paginas/{n}/desfazer", post(review::take_back))
        .route("/lotes/{id}/revisao", get(review::page))
        .route("/lotes/{id}/segunda", get(review::second))
        .route("/lotes/{id}/revisao/{n}", get(review::item))
        .route("/lotes/{id}/revisao/{n}/unica", get(review::single))
        .route("/lotes/{id}/estudantes", post(review::students))
        .route("/malotes", get(packages::list))
        .route("/malotes/{id}", get(packages::page))
        .route("/malotes/{id}/andamento", get(packages::progress))
        .route("/malotes/{id}/reimprimir", post(packages::reprint))
        .route("/estatico/{name}", get(assets::serve))
}
