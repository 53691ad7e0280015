#include "server/api_description.h"

#include <charconv>

#include "base/json.h"
#include "server/yaml_document.h"
#include "unity/errors.h"

namespace sluice::embedded {
extern const std::string_view kUnityApi;
}

namespace sluice::server {
namespace {

// YAML 1.2, core schema: what a scalar without quotes is.
json::Value PlainScalar(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  int64_t whole = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (read.ptr == end) return whole;
  double number = 0;
  const auto read_again = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read_again.ptr == end) return number;
  return json::Value(text);
}

json::Value ToJson(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return nullptr;
    case YamlNode::Kind::kScalar:
      return node.plain ? PlainScalar(node.text) : json::Value(node.text);
    case YamlNode::Kind::kList: {
      json::Array array;
      array.reserve(node.children.size());
      for (const YamlNode& child : node.children) array.push_back(ToJson(child));
      return array;
    }
    case YamlNode::Kind::kMap: {
      json::Object object;
      for (const YamlNode& child : node.children) object[child.key] = ToJson(child);
      return object;
    }
  }
  return nullptr;
}

net::Response Json(std::string body) {
  return net::Response::Text(200, "application/json", std::move(body));
}

}  // namespace

Result<std::string> ApiDescriptionJson(std::string_view text) {
  return json::Serialize(ToJson(TRY(ParseYaml(text, "api"))));
}

net::RouteTable DescriptionRoutes() {
  using enum net::Method;
  const net::Handler describe = [](const net::Request&) -> Result<net::Response> {
    static const Result<std::string> kDescription = ApiDescriptionJson(embedded::kUnityApi);
    if (!kDescription) return std::unexpected(kDescription.error());
    return Json(*kDescription);
  };
  const net::Handler configure = [](const net::Request& request) -> Result<net::Response> {
    return Json(json::Serialize(
        json::Object{{"oidc_endpoint", request.Origin() + "/oidc"}, {"workspace_id", "0"}}));
  };
  std::vector<net::Route> rows = {{kGet, "/api/openapi.json", net::Access::kPublic,
                                   net::Work::kMemory, describe, "getApiDescription"},
                                  {kGet, "/.well-known/databricks-config", net::Access::kPublic,
                                   net::Work::kMemory, configure, "getSignInConfig"}};
  for (net::Route& row : rows) row.audited = false;
  return {"", std::move(rows), unity::RenderError};
}

}  // namespace sluice::server
