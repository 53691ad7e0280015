// Objects by words of their names and comments.
#include <charconv>

#include "base/encoding.h"
#include "base/json.h"
#include "catalog/errors.h"
#include "catalog/search.h"
#include "catalog/securables.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

constexpr size_t kMostResults = 100;
constexpr size_t kLongestQuery = 255;

Result<std::vector<catalog::Kind>> KindsOf(const net::Request& request) {
  std::vector<catalog::Kind> kinds;
  const std::string_view text = request.query.Find("types").value_or("");
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const auto kind = catalog::ParseKind(text.substr(begin, end - begin));
    if (!kind) {
      return catalog::InvalidParameter("types must be of Unity Catalog's types, joined by commas.");
    }
    kinds.push_back(*kind);
    begin = end + 1;
  }
  return kinds;
}

Result<size_t> PlaceOf(const ListPage& page) {
  size_t place = 0;
  const std::string& text = page.after();
  if (text.empty()) return place;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), place);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return catalog::InvalidParameter("Invalid page_token.");
  }
  return place;
}

Result<net::Response> Search(const Services& services, const net::Request& request) {
  const ListPage page = TRY(ListPage::Parse(request, kMostResults));
  const size_t begin = TRY(PlaceOf(page));
  const std::string query = TRY(RequiredQuery(request, "Search", "query"));
  if (query.size() > kLongestQuery) return catalog::InvalidParameter("query is too long.");
  const auto kinds = TRY(KindsOf(request));
  const auto picture = services.catalog.Now();
  const catalog::Access access =
      catalog::AccessOf(*picture, services.catalog, CallerOf(services, request));
  const catalog::Found found = catalog::Search(*picture, access, query, kinds);
  json::Array results;
  const size_t end = std::min(found.securables.size(), begin + page.size());
  for (size_t i = begin; i < end; ++i) {
    const catalog::Securable& one = *found.securables[i];
    json::Object result{{"securable_type", AsciiLower(catalog::KindName(one.kind()))},
                        {"full_name", picture->FullName(one)},
                        {"owner", picture->PrincipalName(one.owner)}};
    PutText(result, "comment", one.comment);
    results.push_back(std::move(result));
  }
  json::Object body{{"results", std::move(results)}};
  if (found.more) body["truncated"] = true;
  if (end < found.securables.size())
    body["next_page_token"] = page.TokenBehind(std::to_string(end));
  return JsonResponse(body);
}

}  // namespace

Rows SearchRoutes(const Services& services) {
  // Every name is looked at: not on a thread that others wait for.
  return {{net::Method::kGet, "/2.1/sluice/search", net::Access::kUser, net::Work::kStorage,
           With(services, Search), "searchSecurables"}};
}

}  // namespace sluice::unity
