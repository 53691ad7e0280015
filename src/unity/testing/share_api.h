// unity/testing/share_api.h -- the routes of the dialect over the catalog of
// catalog/testing/share_catalog.h: for users and recipients, with the sharing protocol's side of
// them; what else there may be (an audit log's sums, a notifier) tests put in.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog_resolver.h"
#include "catalog/testing/share_catalog.h"
#include "delta/testing/test_table.h"
#include "sharing/services.h"
#include "unity/testing/tree_api.h"

namespace sluice::unity::testing {

class ShareApi : public catalog::testing::ShareCatalog {
 public:
  // `target` behind /api; `principal`: "user:..." or "recipient:...".
  ApiAnswer As(const std::string& principal, net::Method method, std::string_view target,
               std::string body = {}) {
    net::Request request;
    request.method = method;
    request.target = "/api" + std::string(target);
    request.path = request.target.substr(0, request.target.find('?'));
    if (const size_t mark = request.target.find('?'); mark != std::string::npos) {
      request.query = net::QueryParams::Parse(request.target.substr(mark + 1)).value();
    }
    request.body = std::move(body);
    request.principal = principal;
    net::Response response = Answer(request);
    ApiAnswer answer{.status = response.status};
    answer.text = std::get<std::string>(response.body);
    answer.body = json::Parse(answer.text).value_or(json::Value());
    return answer;
  }
  ApiAnswer Call(const catalog::Caller& who, net::Method method, std::string_view target,
                 std::string body = {}) {
    return As("user:" + who.principal, method, target, std::move(body));
  }
  // Ours, behind /2.1/sluice/.
  ApiAnswer Get(const catalog::Caller& who, std::string_view path) {
    return Call(who, net::Method::kGet, "/2.1/sluice/" + std::string(path));
  }
  ApiAnswer Post(const catalog::Caller& who, std::string_view path, std::string body) {
    return Call(who, net::Method::kPost, "/2.1/sluice/" + std::string(path), std::move(body));
  }
  ApiAnswer GetAs(std::string_view recipient, std::string_view path) {
    return As(PrincipalOf(recipient), net::Method::kGet, "/2.1/sluice/" + std::string(path));
  }
  ApiAnswer PostAs(std::string_view recipient, std::string_view path, std::string body) {
    return As(PrincipalOf(recipient), net::Method::kPost, "/2.1/sluice/" + std::string(path),
              std::move(body));
  }
  // The member `name` of each item of a list.
  static std::vector<std::string> Each(const ApiAnswer& answer, std::string_view list,
                                       std::string_view name) {
    std::vector<std::string> texts;
    if (!answer.body.is_object() || !answer.body.as_object().contains(list)) {
      ADD_FAILURE() << "no list " << list << ": " << answer.text;
      return texts;
    }
    for (const json::Value& item : answer.body.as_object().at(list).as_array()) {
      const json::Value* value = item.as_object().if_contains(name);
      texts.push_back(value == nullptr     ? "(none)"
                      : value->is_string() ? std::string(value->as_string())
                                           : json::Serialize(*value));
    }
    return texts;
  }
  // Puts a table of the catalog where `table` is.
  void Place(std::string_view full_name, const delta::testing::TestTable& table) {
    Alter(catalog::Kind::kTable, full_name, [&](catalog::Securable& securable) {
      securable.As<catalog::Table>().storage_location = table.location();
    });
  }

 private:
  net::Response Answer(net::Request& request) {
    if (const Status matched = router_.Match(request); !matched) {
      return RenderError(matched.error());
    }
    Result<net::Response> response = request.route->handler(request);
    return response ? *std::move(response) : RenderError(response.error());
  }

  Metrics metrics_;
  storage::Stores stores_{{clock, random, metrics_}};
  delta::testing::LineCheckpointReader reader_;
  delta::Snapshots snapshots_{stores_, reader_, clock, metrics_, {}};
  const sharing::LinkKey link_key_{std::string(32, 'k')};
  const sharing::TokenSealer tokens_{std::string(32, 'k'), random, clock};
  sharing::AsyncQueries async_queries_{{}, clock, metrics_, {}};

 protected:
  catalog::CatalogResolver resolver_{*catalog};
  sharing::Services sharing_{resolver_,      snapshots_, link_key_, tokens_,
                             async_queries_, clock,      metrics_,  {}};
  Services services_{.catalog = *catalog,
                     .snapshots = snapshots_,
                     .clock = clock,
                     .options = {},
                     .sharing = &sharing_};

 private:
  net::Router router_{{Routes(services_)}};
};

}  // namespace sluice::unity::testing
