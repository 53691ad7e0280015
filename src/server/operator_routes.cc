#include "server/operator_routes.h"

#include "sharing/errors.h"

namespace sluice::server {

net::RouteTable OperatorRoutes(const Metrics& metrics) {
  using enum net::Method;
  const net::Handler health = [](const net::Request&) -> Result<net::Response> {
    return net::Response::Text(200, "application/json; charset=utf-8",
                               R"({"status":"ok","version":")" SLUICE_VERSION "\"}");
  };
  const net::Handler render = [&metrics](const net::Request&) -> Result<net::Response> {
    return net::Response::Text(200, "text/plain; version=0.0.4; charset=utf-8", metrics.Render());
  };
  std::vector<net::Route> rows = {
      {kGet, "/health", net::Access::kPublic, net::Work::kMemory, health, "Health"},
      {kHead, "/health", net::Access::kPublic, net::Work::kMemory, health, "Health"},
      {kGet, "/metrics", net::Access::kPublic, net::Work::kMemory, render, "Metrics"}};
  for (net::Route& row : rows) row.audited = false;
  return {"", std::move(rows), sharing::RenderError};
}

}  // namespace sluice::server
