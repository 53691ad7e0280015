// unity/testing/tree_api.h -- the routes of the dialect over a catalog in memory and a folder of
// tables.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "catalog/testing/tree_catalog.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "net/router.h"
#include "unity/errors.h"
#include "unity/routes.h"

namespace sluice::unity::testing {

struct ApiAnswer {
  int status = 0;
  std::string text{};
  json::Value body{};

  std::string Text(std::string_view name) const {
    const json::Value* value = body.is_object() ? body.as_object().if_contains(name) : nullptr;
    if (value == nullptr) return "(none)";
    return value->is_string() ? std::string(value->as_string()) : json::Serialize(*value);
  }
};

class TreeApi : public catalog::testing::TreeCatalog {
 public:
  // `target` behind /api: "/2.1/unity-catalog/catalogs?max_results=0".
  ApiAnswer Call(const catalog::Caller& who, net::Method method, std::string_view target,
                 std::string body = {}) {
    net::Request request;
    request.method = method;
    request.target = "/api" + std::string(target);
    request.path = request.target.substr(0, request.target.find('?'));
    if (const size_t mark = request.target.find('?'); mark != std::string::npos) {
      request.query = net::QueryParams::Parse(request.target.substr(mark + 1)).value();
    }
    request.body = std::move(body);
    request.principal = "user:" + who.principal;
    const net::Response response = Answer(request);
    ApiAnswer answer{.status = response.status};
    answer.text = std::get<std::string>(response.body);
    answer.body = json::Parse(answer.text).value_or(json::Value());
    return answer;
  }
  // Of any request to one of the routes.
  net::Response Answer(net::Request& request) {
    const Status matched = router_.Match(request);
    if (!matched) return RenderError(matched.error());
    Result<net::Response> response = request.route->handler(request);
    return response ? *std::move(response) : RenderError(response.error());
  }
  ApiAnswer Get(const catalog::Caller& who, std::string_view path) {
    return Call(who, net::Method::kGet, "/2.1/unity-catalog/" + std::string(path));
  }
  ApiAnswer Post(const catalog::Caller& who, std::string_view path, std::string body) {
    return Call(who, net::Method::kPost, "/2.1/unity-catalog/" + std::string(path),
                std::move(body));
  }
  ApiAnswer Patch(const catalog::Caller& who, std::string_view path, std::string body) {
    return Call(who, net::Method::kPatch, "/2.1/unity-catalog/" + std::string(path),
                std::move(body));
  }
  ApiAnswer Delete(const catalog::Caller& who, std::string_view path) {
    return Call(who, net::Method::kDelete, "/2.1/unity-catalog/" + std::string(path));
  }

  catalog::testing::LakeFolder folder;
  std::string Path(std::string_view name) const { return (folder / name).string(); }

 private:
  storage::StoresContext Context() {
    storage::StoresContext context{.clock = clock, .random = random, .metrics = metrics_};
    context.local_roots = {folder.path().string()};
    context.environment = [](const std::string&) { return std::nullopt; };
    return context;
  }

  Metrics metrics_;
  storage::Stores stores_{Context()};
  delta::testing::LineCheckpointReader reader_;
  delta::Snapshots snapshots_{stores_, reader_, clock, metrics_, {}};
  Services services_{
      .catalog = *catalog,
      .snapshots = snapshots_,
      .clock = clock,
      .options = {.public_url = {},
                  .audit_folder = Path("audit"),
                  .local_roots = catalog::LocalRoots::Resolve({folder.path().string()}).value()},
      .stores = &stores_};
  net::Router router_{{Routes(services_)}};
};

}  // namespace sluice::unity::testing
