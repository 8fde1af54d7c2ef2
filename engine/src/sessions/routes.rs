//! What the server answers over plain HTTP, and who may open a WebSocket.
//!
//! `/ws` upgrades when the Origin rule of PROTOCOL section 1 holds; `/healthz`, `/readyz`, `/metrics`, `/rooms`, the page and the
//! SDK are plain GETs.

use std::sync::Arc;

use tickwire_netcode::ws::handshake::Request;

use crate::metrics::Metrics;
use crate::net::http::{self, Response};
use crate::net::service::Route;
use crate::page::Page;

/// The routes of a game server.
pub(crate) struct Routes {
    page: Option<Page>,
    sdk: Page,
    /// Origins that may connect besides the server's own.
    origins: Vec<String>,
    metrics: Arc<Metrics>,
}

impl Routes {
    pub(crate) fn new(page: Option<Page>, sdk: Page, origins: Vec<String>, metrics: Arc<Metrics>) -> Self {
        Self { page, sdk, origins, metrics }
    }

    /// `listing` gives the public rooms as JSON.
    pub(super) fn route(&self, request: &Request<'_>, listing: impl FnOnce() -> Arc<str>) -> Route {
        if request.path() == "/ws" {
            return if request.origin_allowed(&self.origins) {
                Route::Upgrade
            } else {
                Route::Respond(Response::text(403, "this page may not connect: its origin is not allowed"))
            };
        }
        if request.path() == "/rooms" && matches!(request.method(), "GET" | "HEAD") {
            return Route::Respond(Response::new(200, "application/json", listing().as_bytes().to_vec()));
        }
        if let Some(response) = self.metrics.respond(request) {
            return Route::Respond(response);
        }
        Route::Respond(match &self.page {
            Some(page) => http::plain(&[&self.sdk, page], request),
            None => http::plain(&[&self.sdk], request),
        })
    }
}
