//! The OpenAPI document: what all operations have in common.

use super::problem::Problem;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "gabarito",
        description = "Prints exam packages and reads answer sheets back. Errors are RFC 9457 problems that name the field and \
                   what would be valid; lists are paged by cursor; a POST with an Idempotency-Key may be repeated."
    ),
    components(schemas(Problem))
)]
pub struct Document;

/// Tags of operations that need no credential.
const PUBLIC: [&str; 2] = ["platform", "oauth"];

/// Says of every operation what the layers around all of them may answer.
pub fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    if !components.schemas.contains_key("Problem") {
        components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    }
    // axum marks a parameter that may have slashes by a star; OpenAPI knows no such mark.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    for item in document.paths.paths.values_mut() {
        if let Some(post) = item.post.as_mut().filter(|post| !tagged(post, &["oauth"])) {
            repeatable(post);
        }
        for operation in operations(item) {
            if !tagged(operation, &PUBLIC) {
                operation.security =
                    Some(["bearer", "basic"].map(|scheme| SecurityRequirement::new(scheme, [""; 0])).to_vec());
                problem(operation, "401", "No credential, or one that is not valid");
                problem(operation, "403", "The credential does not allow it");
            }
            problem(operation, "408", "The request came too slowly");
            problem(operation, "503", "Too much to do; Retry-After says when to try again");
        }
    }
    document
}

fn tagged(operation: &Operation, tags: &[&str]) -> bool {
    operation.tags.iter().flatten().any(|tag| tags.contains(&tag.as_str()))
}

/// What `once::layer` does for every POST.
fn repeatable(post: &mut Operation) {
    // Its bounds are of the text within quotes and blanks, which no schema can say.
    let text = ObjectBuilder::new().schema_type(Type::String);
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("1 to 255 printable characters. The same key gives the same answer, for a day"))
        .schema(Some(text));
    post.parameters.get_or_insert_default().push(key.build().into());
    problem(post, "409", "The same request is under way");
    problem(post, "422", "The Idempotency-Key belongs to another request");
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn problem(operation: &mut Operation, status: &str, description: &str) {
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let mut response = Response::new(description);
    response.content.insert("application/problem+json".to_owned(), content.into());
    operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
}

/// The document without any route.
pub fn empty() -> OpenApi {
    Document::openapi()
}
