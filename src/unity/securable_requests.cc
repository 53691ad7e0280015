#include "unity/securable_requests.h"

#include <fmt/format.h>

#include "catalog/errors.h"
#include "unity/list.h"

namespace sluice::unity {

Result<Seen> FindSeen(const Services& services, const net::Request& request,
                      const catalog::Target& target) {
  Seen seen{.picture = services.catalog.Now()};
  const catalog::Caller caller = CallerOf(services, request);
  const catalog::Access access = AccessOf(*seen.picture, services.catalog, caller);
  seen.securable = TRY(FindVisible(*seen.picture, access, target.kind, target.full_name));
  return seen;
}

Result<Seen> FindMade(const Services& services, const catalog::Target& target,
                      const catalog::Id& id) {
  Seen seen{.picture = services.catalog.Now()};
  seen.securable = seen.picture->Find(id);
  if (seen.securable == nullptr) return catalog::DoesNotExist(target.kind, target.full_name);
  return seen;
}

Result<catalog::CommonChange> CommonChangeOf(const Fields& fields) {
  catalog::CommonChange change;
  change.new_name = TRY(fields.Text("new_name"));
  change.owner = TRY(fields.Text("owner"));
  change.comment = TRY(fields.Text("comment"));
  change.properties = TRY(fields.Map("properties"));
  return change;
}

Result<bool> QueryFlag(const net::Request& request, std::string_view name) {
  const auto text = request.query.Find(name);
  if (!text || text->empty() || *text == "false") return false;
  if (*text == "true") return true;
  return catalog::InvalidParameter(fmt::format("{} must be true or false.", name));
}

Result<catalog::Force> ForceOf(const net::Request& request) {
  return TRY(QueryFlag(request, "force")) ? catalog::Force::kYes : catalog::Force::kNo;
}

Result<std::string> RequiredQuery(const net::Request& request, std::string_view operation,
                                  std::string_view name) {
  const auto text = request.query.Find(name);
  if (!text || text->empty()) return catalog::MissingField(operation, name);
  return std::string(*text);
}

net::Response EmptyResponse() { return JsonResponse(json::Object{}); }

}  // namespace sluice::unity
