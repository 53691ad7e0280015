#include "catalog/request_list.h"

#include <fmt/format.h>

#include <utility>

namespace sluice::catalog {
namespace {

std::string TimeKey(const AccessRequest& request) {
  const auto ms = static_cast<uint64_t>(ToUnixMillis(request.created_at));
  return fmt::format("{:016x}{}", UINT64_MAX - ms, request.id);
}

}  // namespace

AccessRequestPtr RequestList::Find(std::string_view id) const {
  const std::string* key = by_id_.Find(id);
  return key == nullptr ? nullptr : *by_time_.Find(*key);
}

void RequestList::Visit(std::string_view after, const Visitor& visit) const {
  auto at = by_time_.From(after);
  if (at && at.key() == after) at.Next();
  for (; at; at.Next()) {
    if (!visit(at.key(), at.value())) return;
  }
}

std::vector<AccessRequestPtr> RequestList::Of(std::string_view asker) const {
  std::vector<AccessRequestPtr> found;
  const std::string front = std::string(asker) + ' ';
  for (auto at = by_asker_.From(front); at && at.key().starts_with(front); at.Next()) {
    found.push_back(Find(at.value()));
  }
  return found;
}

void RequestList::Put(AccessRequestPtr request) {
  const std::string key = TimeKey(*request);
  by_id_.Put(request->id, key);
  by_asker_.Put(request->asker.id + ' ' + key, request->id);
  by_time_.Put(key, std::move(request));
}

void RequestList::Erase(std::string_view id) {
  const AccessRequestPtr request = Find(id);
  if (request == nullptr) return;
  const std::string key = TimeKey(*request);
  by_asker_.Erase(request->asker.id + ' ' + key);
  by_id_.Erase(id);
  by_time_.Erase(key);
}

}  // namespace sluice::catalog
